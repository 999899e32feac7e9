"""Open Assistant's conversation trees, whole or as the Hub's rows of single messages.

Fields as in LAION-AI/Open-Assistant@504da5b oasst-data/oasst_data/schemas.py. As in its loader (@0ac89dc
model/model_training/custom_datasets/oasst_dataset.py), trees that are not ready for export or whose first message did
not pass its review are left out, and so is all that hangs on a deleted message. The best path takes the reply of the
lowest rank at every level; where replies have no rank, the first as stored. `oasst-all` gives the path to every last
answer; `oasst-guanaco` writes the best path as timdettmers/openassistant-guanaco has it, a last question without an
answer included.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any, Literal

from llmreg.errors import LlmregError
from llmreg.training.formats.files import broken
from llmreg.training.formats.reader import Published, Reader, Records, Row, Tally
from llmreg.training.formats.turns import Role, conversation

_ROLES: dict[str, Role] = {"prompter": "user", "assistant": "assistant"}
_MARKS = {"prompter": "### Human: ", "assistant": "### Assistant: "}


class Message(Published):
    """A message and the replies to it."""

    text: str
    role: Literal["prompter", "assistant"]
    rank: int | None = None
    deleted: bool | None = None
    review_result: bool | None = None
    replies: tuple[Message, ...] | None = None


class Tree(Published):
    """A first message, and what became of the tree."""

    tree_state: str | None
    prompt: Message


def _ready(tree: Tree, tally: Tally) -> bool:
    if tree.tree_state != "ready_for_export" or not tree.prompt.review_result:
        tally["a tree that is not ready for export was left out"] += 1
        return False
    if tree.prompt.deleted:
        tally["a tree whose first message is deleted was left out"] += 1
    return not tree.prompt.deleted


def _replies(message: Message, tally: Tally) -> list[Message]:
    """Give the replies that are not deleted, the best first."""
    replies = message.replies or ()
    kept = [reply for reply in replies if not reply.deleted]
    if len(kept) < len(replies):
        tally["a deleted message was left out with its replies"] += len(replies) - len(kept)
    return sorted(kept, key=lambda reply: (reply.rank is None, reply.rank or 0))


def _best(tree: Tree, tally: Tally) -> list[Message]:
    path = [tree.prompt]
    while replies := _replies(path[-1], tally):
        if len(replies) > 1 and replies[0].rank is None:
            tally["of several replies without a rank the first was taken"] += 1
        path.append(replies[0])
    return path


def _paths(message: Message, before: tuple[Message, ...], tally: Tally) -> Iterator[tuple[Message, ...]]:
    """Give the paths to every last answer; a last question ends no path, but what it follows does."""
    path = (*before, message)
    replies = _replies(message, tally)
    answered = [reply for reply in replies if reply.role == "assistant" or _replies(reply, Tally())]
    unanswered = len(replies) - len(answered)
    if unanswered:
        tally["a last question without an answer was left out"] += unanswered
    for reply in answered:
        yield from _paths(reply, path, tally)
    if not answered and message.role == "assistant":
        yield path


def _said(path: Sequence[Message]) -> list[tuple[Role, str]]:
    return [(_ROLES[message.role], message.text) for message in path]


def _best_path(tree: Tree, tally: Tally) -> Iterator[Row]:
    if _ready(tree, tally):
        yield from conversation(_said(_best(tree, tally)), tally)


def _all_paths(tree: Tree, tally: Tally) -> Iterator[Row]:
    if _ready(tree, tally):
        for path in _paths(tree.prompt, (), tally):
            yield from conversation(_said(path), tally)


def _guanaco(tree: Tree, tally: Tally) -> Iterator[Row]:
    if _ready(tree, tally):
        yield {"text": "".join(_MARKS[message.role] + message.text for message in _best(tree, tally))}


def _trees(found: Records) -> Records:
    """Put messages that come one a row back into trees; the messages of a tree must follow each other."""
    done: set[str] = set()
    # Records without the id are no group: a file that is something else must not be gathered whole.
    for tree_id, group in groupby(found, key=lambda pair: pair[1].get("message_tree_id") or object()):
        messages = list(group)
        place = messages[0][0]
        if any("prompt" in record for _, record in messages):
            yield from messages
            continue
        if not isinstance(tree_id, str) or tree_id in done:
            again = isinstance(tree_id, str)
            has = f"the tree {tree_id!r} comes a second time" if again else "the field 'message_tree_id' is missing"
            raise LlmregError(f"{place}: {has}; rows are trees, or messages sorted by message_tree_id")
        done.add(tree_id)
        yield place, _tree([record for _, record in messages], f"{place}: message_tree_id {tree_id}")


def _tree(messages: list[dict[str, Any]], place: str) -> dict[str, Any]:
    nodes = {message.get("message_id"): {**message, "replies": []} for message in messages}
    roots = [node for node in nodes.values() if node.get("parent_id") is None]
    for node in nodes.values():
        if (parent := node.get("parent_id")) is None:
            continue
        if parent not in nodes:
            raise broken(place, f"the message {node.get('message_id')!r} replies to {parent!r}, which is absent")
        nodes[parent]["replies"].append(node)
    if len(roots) != 1:
        raise broken(place, f"{len(roots)} messages reply to none, and a tree has one first message")
    return {"tree_state": roots[0].get("tree_state"), "prompt": roots[0]}


OASST_BEST = Reader("the best-ranked path through each tree", Tree, {"conversation": _best_path}, _trees)
OASST_ALL = Reader("the path to every last answer of each tree", Tree, {"conversation": _all_paths}, _trees)
OASST_GUANACO = Reader("the best-ranked path as Guanaco's text", Tree, {"text": _guanaco}, _trees)
