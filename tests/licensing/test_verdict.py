"""How verdicts are shown: in a terminal as `llmreg check` prints them, in a notebook as HTML, by use as a mapping."""

from __future__ import annotations

import io
from html import unescape
from typing import get_args

import pytest
from hypothesis import HealthCheck, given, settings
from rich.console import Console

import strategies
from builders import catalog, claims, edge, model
from llmreg.errors import UsageError
from llmreg.licensing import ANSWERS, DISCLAIMER, Checker
from llmreg.licensing.render import table
from llmreg.licensing.verdict import Verdicts
from llmreg.licensing.words import LOOKS, sentence
from llmreg.uses import Use
from reading import Page, shown, words

USES = get_args(Use)
HOSTILE = "</div><script>alert(1)</script> \"q\" 'a' [bold]x[/] \u202egnp.exe 🦙\nsecond line"


def test_every_answer_has_a_look_that_is_told_from_the_others():
    assert tuple(LOOKS) == ANSWERS
    assert len({look.mark for look in LOOKS.values()}) == len({look.badge for look in LOOKS.values()}) == len(ANSWERS)
    for answer, look in LOOKS.items():
        assert look.short == {"allowed-with-conditions": "conditions"}.get(answer, answer)


def luminance(color):
    channels = (int(color[place : place + 2], 16) / 255 for place in (1, 3, 5))
    linear = [each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_white_letters_are_readable_on_every_badge():
    for look in LOOKS.values():
        assert 1.05 / (luminance(look.badge) + 0.05) >= 4.5


def test_a_printed_verdict_is_what_check_prints(built_in, monkeypatch, capsys):
    from llmreg.cli import main

    monkeypatch.setattr("sys.argv", ["llmreg", "check", "falcon-7b", "--use", "research"])
    with pytest.raises(SystemExit):
        main()
    assert capsys.readouterr().out == shown(Checker(built_in).check("falcon-7b", "research"))


def test_the_decisive_reason_and_the_disclaimer_are_told(built_in):
    verdict = Checker(built_in).check("guanaco-33b", "commercial")
    text = words(shown(verdict))
    assert text.startswith(
        "guanaco-33b for commercial use: forbidden forbidden: guanaco-33b is an adapter on llama-33b"
    )
    assert DISCLAIMER in text


def test_no_console_colors_a_verdict_further(built_in):
    verdict = Checker(built_in).check("guanaco-33b", "commercial")
    printed = [io.StringIO(), io.StringIO()]
    for file, highlight in zip(printed, (True, False), strict=True):
        Console(file=file, width=100, force_terminal=True, color_system="standard", highlight=highlight).print(verdict)
    assert printed[0].getvalue() == printed[1].getvalue()


def test_verdicts_are_found_by_use(built_in):
    checker = Checker(built_in)
    found = Verdicts(tuple(checker.check("guanaco-33b", use) for use in USES))
    assert [verdict.use for verdict in found] == list(USES)
    assert len(found) == len(USES)
    assert found["commercial"] == checker.check("guanaco-33b", "commercial")
    assert found.worst == "forbidden"
    assert [each["use"] for each in found.to_json()] == list(USES)
    with pytest.raises(UsageError, match="no verdict for the use 'selling'; there are research, commercial"):
        found["selling"]


def test_a_table_of_verdicts_has_a_row_for_each_use(built_in):
    found = Verdicts(tuple(Checker(built_in).check("guanaco-33b", use) for use in USES))
    lines = shown(found).splitlines()
    for verdict in found:
        (line,) = [line for line in lines if line.startswith(f"{verdict.use} use")]
        assert f" {verdict.verdict} " in line
    page = Page(found._repr_html_())
    assert page.tags.count("tr") == len(USES) + 1
    assert "caption" in page.tags
    assert found._repr_html_().count('scope="row"') == len(USES)


def hostile():
    """A model of which every text that a verdict shows is hostile."""
    licenses = claims(weights="stated-non-commercial")
    licenses["weights"]["note"] = HOSTILE
    base = model("base", licenses=licenses)
    child = model("child", edge("finetune", "base"), licenses=claims(weights="MIT"))
    return catalog(base, child.model_copy(update={"unknown": (HOSTILE,)}))


def test_hostile_words_stay_words_in_html():
    verdict = Checker(hostile()).check("child", "commercial")
    assert any(HOSTILE in reason.text for reason in verdict.reasons)
    html = verdict._repr_html_()
    assert "<script" not in html
    assert words(HOSTILE) in words(Page(html).text)


def test_hostile_words_stay_words_in_a_terminal():
    text = shown(Checker(hostile()).check("child", "commercial"), width=400)
    assert "[bold]x[/]" in text
    assert "</div><script>alert(1)</script>" in text


@given(entries=strategies.lineages(), use=strategies.USES)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_html_tells_every_reason_and_duty_of_any_lineage(entries, use):
    checker = Checker(catalog(*entries))
    verdict = checker.check(entries[-1].id, use)
    text = words(Page(verdict._repr_html_()).text)
    for reason in verdict.reasons:
        assert words(sentence(reason)) in text
    for duty in verdict.obligations:
        assert words(unescape(duty.text)) in text
    assert verdict.verdict.replace("-", " ") in text


def test_several_entries_and_uses_make_one_table(built_in):
    checker = Checker(built_in)
    verdicts = [checker.check(entry_id, use) for entry_id in ("guanaco-33b", "falcon-7b") for use in USES]
    lines = shown(table(verdicts)).splitlines()
    assert lines[0].split() == ["entry", *USES]
    assert lines[2].split()[1:] == [LOOKS[verdict.verdict].short for verdict in verdicts[:5]]
