"""Plugins come in through entry points; a broken one is reported and the others go on working."""

from __future__ import annotations

import subprocess
import sys
import textwrap

import pytest

import llmreg
from llmreg import plugins
from llmreg.errors import LlmregError

WORK = """
        def adapt(self, model):
            return model

        def trains(self, name):
            return True

        def restore(self, model, folder):
            return model
"""
GOOD = f"""
    import llmreg
    from typing import Literal, Annotated
    from pydantic import Field, model_validator

    class Good(llmreg.Method):
        name = "good"
        rank: Annotated[int, Field(ge=1)] = 8
        rate: float = 0.1
        kind: Literal["a", "b"] = "a"
        targets: tuple[str, ...] | Literal["all"] = "all"
{WORK}
        @model_validator(mode="after")
        def _fits(self):
            if self.rank == 13:
                raise ValueError("13 brings bad luck")
            return self

    @llmreg.hookimpl
    def register_methods():
        return [Good]
"""


AIM = """
    import llmreg

    class Aim(llmreg.Objective):
        name = "aim"
        reads = ("pair-of-words",)
        beta: float = 0.1

        def loss(self, scores):
            return {self.name: -scores.sums("answer").sum()}

    class Words(llmreg.Published):
        words: str

    READER = llmreg.Reader("words", Words, {"pair-of-words": lambda row, tally: [{"text": row.words}]})

    @llmreg.hookimpl
    def register_objectives():
        return [Aim]

    @llmreg.hookimpl
    def register_readers():
        return {"words": READER}
"""


@pytest.fixture
def install(tmp_path, monkeypatch):
    """Install packages into a folder on the path, each with one plugin module; no other plugin is there."""
    site = tmp_path / "site"
    site.mkdir()
    monkeypatch.syspath_prepend(site)

    def only_here(*, group):
        from importlib.metadata import distributions

        found = [point for dist in distributions(path=[str(site)]) for point in dist.entry_points]
        return [point for point in found if point.group == group]

    monkeypatch.setattr(plugins, "entry_points", only_here)

    def install(name, code):
        module = f"plugin_{name.replace('-', '_')}_{tmp_path.name}".replace("-", "_")
        (site / f"{module}.py").write_text(textwrap.dedent(code))
        info = site / f"llmreg_{name.replace('-', '_')}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: llmreg-{name}\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(f"[llmreg]\n{name} = {module}\n")

    return install


def test_nothing_is_imported_before_it_is_asked_for():
    code = "import sys, llmreg, llmreg.plugins; print([m for m in sys.modules if m.startswith('llmreg_methods')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_plugin_offers_its_methods(install):
    install("good", GOOD)
    found = plugins.load()
    offer = found.methods["good"]
    assert (offer.distribution, offer.version, offer.plugin) == ("llmreg-good", "1.0", "good")
    assert found.method("good") is offer.thing
    assert not found.faults


def test_a_plugin_offers_objectives_and_readers_under_names_of_its_own(install):
    install("aim", AIM)
    found = plugins.load()
    assert not found.faults
    assert found.objective("aim", {"beta": "0.5"}).beta == 0.5
    assert found.reader("words").about == "words"
    assert found.objectives["aim"].distribution == found.readers["words"].distribution == "llmreg-aim"
    assert list(found.methods) == []


def test_what_the_core_offers_comes_in_by_the_same_door(install):
    found = plugins.load()
    assert str(found.objectives["sft"]) == f"plugin 'llmreg' of llmreg {llmreg.__version__}"
    assert found.readers["alpaca"].plugin == "llmreg"
    install("rival", AIM.replace('"aim"', '"sft"').replace('"words": READER', '"alpaca": READER'))
    found = plugins.load()
    assert "sft" not in found.objectives
    assert "alpaca" not in found.readers
    for find, kind, name in (
        (lambda: found.objective("sft", {}), "objective", "sft"),
        (lambda: found.reader("alpaca"), "reader", "alpaca"),
    ):
        with pytest.raises(LlmregError) as caught:
            find()
        said = str(caught.value)
        assert f"no plugin offers the {kind} '{name}'" in said
        assert "plugin 'llmreg' of llmreg" in said
        assert "plugin 'rival' of llmreg-rival 1.0" in said
        assert said.count("\n") == 2, "a conflict over another kind of thing is not repeated"


@pytest.mark.parametrize(
    ("name", "call", "message"),
    [
        ("aim", lambda found: found.objective("ain", {}), "no plugin offers the objective 'ain'; did you mean 'aim'?"),
        (
            "aim",
            lambda found: found.objective("aim", {"betta": 1}),
            "setting 'betta': no such setting; did you mean 'beta'?",
        ),
        (
            "aim",
            lambda found: found.objective("aim", {"beta": "x"}),
            "objective 'aim', setting 'beta': input should be",
        ),
        ("aim", lambda found: found.reader("word"), "no plugin offers the reader 'word'; did you mean 'words'?"),
    ],
)
def test_a_wrong_name_or_setting_of_an_objective_or_reader_is_named(install, name, call, message):
    install(name, AIM)
    with pytest.raises(LlmregError) as caught:
        call(plugins.load())
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("[Aim]", "Aim", "register_objectives gives no list; let it give a list of subclasses of llmreg.Objective"),
        ("[Aim]", "[READER]", "is no subclass of llmreg.Objective"),
        ('name = "aim"', "", "Aim has no name"),
        ("def loss", "def los", "Aim does not define loss; llmreg.Objective says what each must do"),
        ('{"words": READER}', "[READER]", "register_readers gives no dict; let it give each reader under its name"),
        ('{"words": READER}', '{"words": Words}', "no llmreg.Reader"),
        ('{"words": READER}', "{3: READER}", "3 is no name of a reader"),
    ],
)
def test_what_is_wrong_with_an_objective_or_reader_is_told(install, old, new, message):
    install("aim", AIM.replace(old, new))
    assert message in str(plugins.load().faults[0])


def test_what_was_loaded_cannot_be_changed(install):
    install("good", GOOD)
    found = plugins.load()
    with pytest.raises(TypeError):
        found.methods["evil"] = found.methods["good"]
    with pytest.raises(AttributeError):
        found.faults = ()


BROKEN = {
    "raises at import": ("import not_there_at_all", "does not import: ModuleNotFoundError: No module named 'not_there"),
    "does not parse": ("def :", "does not import: SyntaxError"),
    "exits at import": ("raise SystemExit(0)", "does not import: SystemExit: 0"),
    "raises without a word": ("raise ValueError", "does not import: ValueError"),
    "misspells the hook": (
        "import llmreg\n@llmreg.hookimpl\ndef register_method():\n    return []",
        "there is no hook 'register_method'; did you mean 'register_methods'?",
    ),
    "implements no hook": ("def register_methods():\n    return []", "mark `register_methods` with `@llmreg.hookimpl`"),
    "wants an argument": (
        "import llmreg\n@llmreg.hookimpl\ndef register_methods(colour):\n    return []",
        "Argument(s) {'colour'} are declared in the hookimpl but can not be found in the hookspec",
    ),
    "fails when asked": (
        "import llmreg\n@llmreg.hookimpl\ndef register_methods():\n    return 1 / 0",
        "register_methods failed: ZeroDivisionError: division by zero",
    ),
    "exits when asked": (
        "import llmreg\n@llmreg.hookimpl\ndef register_methods():\n    exit(3)",
        "register_methods failed: SystemExit: 3",
    ),
    "gives no list": (
        "import llmreg\n@llmreg.hookimpl\ndef register_methods():\n    return llmreg.Method",
        "register_methods gives no list",
    ),
    "registers something else": (
        "import llmreg\n@llmreg.hookimpl\ndef register_methods():\n    return [int]",
        "<class 'int'> is no subclass of llmreg.Method",
    ),
    "registers an instance": (
        "import llmreg\n@llmreg.hookimpl\ndef register_methods():\n    return [3]",
        "3 is no subclass of llmreg.Method",
    ),
    "gives no name": (
        "import llmreg\nclass Anon(llmreg.Method):\n    pass\n"
        "@llmreg.hookimpl\ndef register_methods():\n    return [Anon]",
        "Anon has no name; give it one, as in `name = 'anon'`",
    ),
    "leaves functions out": (
        "import llmreg\nclass Half(llmreg.Method):\n    name = 'half'\n    def adapt(self, model):\n        return model\n"
        "@llmreg.hookimpl\ndef register_methods():\n    return [Half]",
        "Half does not define restore, trains; llmreg.Method says what each must do",
    ),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_plugin_is_reported_and_the_others_work(install, case):
    code, message = BROKEN[case]
    install("broken", code)
    install("good", GOOD)
    found = plugins.load()
    assert list(found.methods) == ["good"]
    (fault,) = found.faults
    assert (fault.plugin, fault.distribution) == ("broken", "llmreg-broken 1.0")
    assert message in fault.message
    assert str(fault).startswith("plugin 'broken' of llmreg-broken 1.0: ")


def test_one_bad_method_leaves_its_plugin_the_others(install):
    install("good", GOOD.replace("[Good]", "[int, Good]"))
    found = plugins.load()
    assert list(found.methods) == ["good"]
    assert len(found.faults) == 1


def test_two_methods_with_one_name_are_both_refused_and_both_named(install):
    install("one", GOOD)
    install("two", GOOD)
    install("three", GOOD.replace('"good"', '"better"'))
    found = plugins.load()
    assert list(found.methods) == ["better"]
    assert [fault.plugin for fault in found.faults] == ["one", "two"]
    with pytest.raises(LlmregError) as caught:
        found.method("good")
    assert "llmreg-one 1.0" in str(caught.value)
    assert "llmreg-two 1.0" in str(caught.value)
    assert found.method("better").name == "better"


def test_one_class_behind_two_entry_points_is_no_conflict(install, tmp_path):
    install("good", GOOD)
    (points,) = (tmp_path / "site").glob("*/entry_points.txt")
    points.write_text(points.read_text() + points.read_text().splitlines()[1].replace("good =", "alias ="))
    found = plugins.load()
    assert list(found.methods) == ["good"]
    assert not found.faults


def test_what_a_plugin_prints_never_reaches_standard_output(install, capsys):
    install("good", "print('hello')\n" + textwrap.dedent(GOOD))
    plugins.load()
    assert capsys.readouterr() == ("", "hello\n")


def test_an_unknown_method_names_the_nearest_the_installed_and_the_faults_that_may_concern_it(install):
    install("broken", "import not_there_at_all")
    install("good", GOOD)
    with pytest.raises(LlmregError) as caught:
        plugins.load().method("goof")
    message = str(caught.value)
    assert "no plugin offers the method 'goof'; did you mean 'good'?" in message
    assert "(installed: good)" in message
    assert "not_there_at_all" in message
    assert caught.value.exit_code == 1


def test_a_conflict_over_another_name_is_not_repeated(install):
    install("one", GOOD)
    install("two", GOOD)
    with pytest.raises(LlmregError) as caught:
        plugins.load().method("other")
    assert "llmreg-one" not in str(caught.value)


def test_with_no_plugin_at_all_the_message_says_so(install):
    with pytest.raises(LlmregError, match="installed: none"):
        plugins.load().method("lora")


def test_settings_may_come_as_text(install):
    install("good", GOOD)
    built = plugins.load().build("good", {"rank": "64", "rate": "1e-4", "kind": "b", "targets": ["q", "k"]})
    assert (built.rank, built.rate, built.kind, built.targets) == (64, 1e-4, "b", ("q", "k"))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"rnk": 4}, "setting 'rnk': no such setting; did you mean 'rank'? (it has rank, rate, kind, targets)"),
        ({"rank": 0}, "method 'good', setting 'rank': input should be greater than or equal to 1, not 0"),
        ({"rank": "many"}, "setting 'rank': input should be a valid integer, unable to parse string as an integer,"),
        ({"kind": "c"}, "setting 'kind': input should be 'a' or 'b', not 'c'"),
        ({"rank": 13}, "method 'good': 13 brings bad luck"),
        ({"targets": 3}, "setting 'targets': input should be a valid tuple or input should be 'all', not 3"),
    ],
)
def test_a_wrong_setting_is_named_with_what_would_be_right(install, settings, message):
    install("good", GOOD)
    with pytest.raises(LlmregError) as caught:
        plugins.load().build("good", settings)
    assert message in str(caught.value)


def test_all_wrong_settings_are_told_at_once(install):
    install("good", GOOD)
    with pytest.raises(LlmregError) as caught:
        plugins.load().build("good", {"rank": 0, "colour": "red"})
    assert len(str(caught.value).splitlines()) == 2


def test_a_setting_without_default_must_be_given(install):
    install("good", GOOD.replace("rate: float = 0.1", "rate: float"))
    with pytest.raises(LlmregError, match=r"setting 'rate': field required$"):
        plugins.load().build("good", {})


def test_ctrl_c_during_loading_still_stops_the_program(install):
    install("slow", "raise KeyboardInterrupt")
    with pytest.raises(KeyboardInterrupt):
        plugins.load()
