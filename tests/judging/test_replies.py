"""Replies are kept by what was asked, across processes and threads."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from llmreg.asking.replies import Reply, replies
from llmreg.errors import LlmregError


def test_a_reply_is_there_again_when_the_file_is_opened_again(tmp_path):
    said = Reply('Verdict: 1\n"quoted" 🦙', "stop", "gpt-4-0613", 12, 3)
    with replies(tmp_path / "sub" / "c.sqlite") as kept:
        assert kept.get("k") is None
        kept.put("k", said)
    with replies(tmp_path / "sub" / "c.sqlite") as kept:
        assert kept.get("k") == said


def test_the_users_cache_is_the_place_by_default(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with replies() as kept:
        assert kept.path == tmp_path / "llmreg" / "judgments.sqlite"


def test_many_threads_may_keep_replies(tmp_path):
    with replies(tmp_path / "c.sqlite") as kept, ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda i: kept.put(str(i), Reply(str(i))), range(20)))
        assert [kept.get(str(i)).text for i in range(20)] == [str(i) for i in range(20)]


def test_a_file_of_something_else_is_named_with_the_remedy(tmp_path):
    (tmp_path / "c.sqlite").write_text("precious notes, and more of them than a header has")
    with (
        pytest.raises(LlmregError, match=r"c\.sqlite: replies cannot be kept there .* --cache"),
        replies(tmp_path / "c.sqlite"),
    ):
        pass


def test_half_a_surrogate_pair_that_was_kept_is_replaced(tmp_path):
    with replies(tmp_path / "c.sqlite") as kept:
        kept.put("k", Reply("x"))
        kept._database.execute("UPDATE reply SET reply = ?", ('{"text": "a\\ud800", "model": "\\udfff"}',))
        assert kept.get("k") == Reply("a\ufffd", model="\ufffd")


@pytest.mark.parametrize("damaged", ["", "{", "[]", "7", '{"said": "x"}', '{"text": 7}', "[" * 100_000])
def test_a_damaged_reply_is_named_with_the_remedy(tmp_path, damaged):
    with replies(tmp_path / "c.sqlite") as kept:
        kept.put("k", Reply("x"))
        kept._database.execute("UPDATE reply SET reply = ?", (damaged,))
        with pytest.raises(LlmregError, match=r"c\.sqlite: holds a damaged reply; name another file with --cache"):
            kept.get("k")
