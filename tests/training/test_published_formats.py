"""Each reader on small rows as published, and on the real rows beside the repository where they are there."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from published import read

from llmreg.errors import LlmregError
from llmreg.schema import Dataset, Model, RecipeData, Training
from llmreg.training.encode import encode
from llmreg.training.formats import READERS
from llmreg.training.formats.hh import said
from llmreg.training.formats.reader import Tally
from llmreg.training.formats.turns import conversation
from llmreg.training.rows import COLUMNS, Table

REAL = Path(__file__).parents[3] / "shared" / "data"


def ask(instruction, output, extra=""):
    return {"instruction": instruction, "input": extra, "output": output}


def talk(*texts, system=None):
    roles = ("user", "assistant")
    first = [{"role": "system", "content": system}] if system else []
    return {"messages": first + [{"role": roles[n % 2], "content": text} for n, text in enumerate(texts)]}


def pairs(found):
    return [(row["instruction"], row["output"]) for row in found]


def test_every_reader_and_format_that_the_catalog_names_is_known(built_in):
    data = [entry.recipe.data for entry in built_in.values() if isinstance(entry, Model) and entry.recipe]
    sets = [entry for entry in built_in.values() if isinstance(entry, Dataset)]
    named = {each.reader for each in data} | {reader for each in sets for reader in each.readers}
    named |= {portion.reader for each in data for portion in (each.datasets or {}).values()}
    assert named - {None} <= set(READERS)
    assert {each.format for each in (*data, *sets)} - {None} <= set(COLUMNS)


def test_the_readers_in_the_catalog_give_the_formats_of_their_recipes(built_in):
    recipes = {entry.id: entry.recipe.data for entry in built_in.values() if isinstance(entry, Model) and entry.recipe}
    named = {name: data for name, data in recipes.items() if data.reader}
    assert len(named) > 50
    assert {name for name, data in named.items() if data.format not in READERS[data.reader].gives} == set()


def test_guanacos_split_and_loss_are_in_its_recipe(built_in):
    data = built_in["guanaco-33b"].recipe.data
    assert (data.reader, data.held_out, data.held_out_seed, data.loss_on) == ("text", 1024, 42, "all")
    assert built_in["oasst1-guanaco"].rows - data.held_out == 8822


def test_alpaca(tmp_path):
    published = [ask("Do.", "done", "it"), {"instruction": "Go.", "output": "", "text": "Below is"}]
    found, tally = read(tmp_path, "alpaca", "instruction", *published, {**published[0], "input": None})
    assert found == [ask("Do.", "done", "it"), ask("Go.", ""), ask("Do.", "done")]
    assert tally == {}


def test_an_input_follows_its_instruction_in_a_conversation(tmp_path):
    found, tally = read(tmp_path, "alpaca", "conversation", ask("Sum up.", "short", "a long text"), ask("Go.", "gone"))
    assert found == [talk("Sum up.\n\na long text", "short"), talk("Go.", "gone")]
    assert tally == {"an input was put after its instruction": 1}


def test_alpaca_libre_keeps_what_its_authors_kept(tmp_path):
    published = [{**ask(str(n), "x"), "status": status} for n, status in enumerate(("ok", "too short", "ok", "empty"))]
    found, tally = read(tmp_path, "alpaca-libre", "instruction", *published)
    assert [row["instruction"] for row in found] == ["0", "2"]
    assert tally == {f"a row with the status {status!r} was left out": 1 for status in ("too short", "empty")}


@pytest.mark.parametrize(
    ("reader", "fields"),
    [
        ("prompt-completion", ("prompt", "completion")),
        ("prompt-response", ("prompt", "response")),
        ("input-output", ("input", "output")),
    ],
)
def test_pairs_are_questions_with_answers_and_conversations_of_one_exchange(tmp_path, reader, fields):
    row = dict(zip(fields, ("Ask {x}?", "<script>"), strict=True))
    assert read(tmp_path, reader, "instruction", row) == ([ask("Ask {x}?", "<script>")], {})
    assert read(tmp_path, reader, "conversation", row) == ([talk("Ask {x}?", "<script>")], {})


def test_every_instance_of_a_task_is_a_row(tmp_path):
    task = {"instruction": "T", "instances": [{"input": "1", "output": "a"}, {"input": "", "output": "b"}]}
    found, tally = read(tmp_path, "seed-tasks", "instruction", task, {"instruction": "U", "instances": []})
    assert found == [ask("T", "a", "1"), ask("T", "b")]
    assert tally == {"a task without an instance was left out": 1}
    task = {"instances": [{"instruction_with_input": "T 1", "output": "a", "constraints": "None."}]}
    assert read(tmp_path, "unnatural-instructions", "instruction", task) == ([ask("T 1", "a")], {})


def test_dolly_refuses_a_row_without_a_response(tmp_path):
    row = {"instruction": "Sum.", "context": "Long.", "response": "Short.", "category": "summarization"}
    assert read(tmp_path, "dolly", "instruction", row) == ([ask("Sum.", "Short.", "Long.")], {})
    with pytest.raises(LlmregError, match=r"rows.jsonl:2: response: string should have at least 1 character"):
        read(tmp_path, "dolly", "instruction", row, {**row, "response": ""})


def shared(*turns, **fields):
    return {"conversations": [{"from": speaker, "value": text} for speaker, text in turns], **fields}


def test_sharegpt_mends_or_leaves_out_by_the_stated_rule_and_counts(tmp_path):
    whole = [("human", "Hi"), ("gpt", "yo"), ("human", "More"), ("gpt", "no")]
    found, tally = read(
        tmp_path, "sharegpt", "conversation",
        shared(*whole, id="a"),
        shared(("system", "Be kind."), *whole[:2]),
        shared(("gpt", "cut off"), *whole[:2]),
        shared(*whole[:3]),
        shared(whole[0], *whole),
        shared(*whole[:2], ("system", "late"), *whole[2:]),
        shared(("bard", "I am"), *whole),
        shared(whole[0]),
        shared(),
    )  # fmt: skip
    assert found == [
        talk("Hi", "yo", "More", "no"),
        talk("Hi", "yo", system="Be kind."),
        talk("Hi", "yo"),
        talk("Hi", "yo"),
    ]
    assert tally == {
        "an answer before the first question was left out": 1,
        "a last question without an answer was left out": 2,
        "a conversation in which one side speaks twice in a row was left out": 2,
        "a conversation with a speaker 'bard' was left out": 1,
        "a conversation without an exchange was left out": 2,
    }


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["system", "user", "assistant"]), st.text(max_size=3)), max_size=7))
def test_whatever_was_said_only_whole_exchanges_come_out_and_no_change_goes_uncounted(turns):
    tally = Tally()
    found = list(conversation(turns, tally))
    if found:
        messages = [(message["role"], message["content"]) for message in found[0]["messages"]]
        bare = messages[1:] if messages[0][0] == "system" else messages
        assert [role for role, _ in bare] == ["user", "assistant"] * (len(bare) // 2)
        assert bare
        assert len(messages) == len(turns) - tally.total()
    else:
        assert tally


def message(role, text, *replies, **fields):
    return {"message_id": text, "role": role, "text": text, "replies": list(replies), **fields}


def tree(*replies, **fields):
    root = message("prompter", "Q", *replies, review_result=True)
    return {"message_tree_id": "Q", "tree_state": "ready_for_export", "prompt": root, **fields}


TREE = tree(
    message("assistant", "second", message("prompter", "Q2", message("assistant", "deep", rank=0)), rank=1),
    message(
        "assistant", "best",
        message("prompter", "unranked", message("assistant", "gone", deleted=True), message("assistant", "left")),
        message("prompter", "later"),
        rank=0,
    ),
    message("assistant", "plain"),
)  # fmt: skip


def test_oasst_best_takes_the_best_reply_at_every_level(tmp_path):
    found, tally = read(tmp_path, "oasst-best", "conversation", TREE)
    assert found == [talk("Q", "best", "unranked", "left")]
    assert tally == {
        "of several replies without a rank the first was taken": 1,
        "a deleted message was left out with its replies": 1,
    }


def test_oasst_all_gives_the_path_to_every_last_answer(tmp_path):
    found, tally = read(tmp_path, "oasst-all", "conversation", TREE)
    assert found == [talk("Q", "best", "unranked", "left"), talk("Q", "second", "Q2", "deep"), talk("Q", "plain")]
    assert tally["a last question without an answer was left out"] == 1


def test_guanacos_text_is_the_best_path_with_a_last_question(tmp_path):
    published = tree(message("assistant", "A", message("prompter", "B?")))
    assert read(tmp_path, "oasst-guanaco", "text", published) == (
        [{"text": "### Human: Q### Assistant: A### Human: B?"}],
        {},
    )


def test_trees_that_are_not_ready_are_left_out(tmp_path):
    published = [
        tree(tree_state="growing"),
        tree(prompt={**TREE["prompt"], "review_result": False}),
        tree(prompt={**TREE["prompt"], "deleted": True}),
        tree(),
    ]
    assert read(tmp_path, "oasst-best", "conversation", *published) == (
        [],
        {
            "a tree that is not ready for export was left out": 2,
            "a tree whose first message is deleted was left out": 1,
            "a last question without an answer was left out": 1,
            "a conversation without an exchange was left out": 1,
        },
    )


def flat(tree_id, node, parent=None):
    """Give the messages of a tree one by one, as the Hub has them."""
    own = {key: value for key, value in node.items() if key != "replies"}
    yield {**own, "parent_id": parent, "message_tree_id": tree_id, "tree_state": "ready_for_export"}
    for reply in node["replies"]:
        yield from flat(tree_id, reply, node["message_id"])


def test_messages_one_a_row_give_what_the_whole_trees_give(tmp_path):
    messages = [*flat("Q", TREE["prompt"]), *flat("Z", tree(message("assistant", "A"))["prompt"])]
    for reader, form in [("oasst-best", "conversation"), ("oasst-all", "conversation"), ("oasst-guanaco", "text")]:
        whole = read(tmp_path, reader, form, TREE, tree(message("assistant", "A"), message_tree_id="Z"))
        assert read(tmp_path, reader, form, *messages) == whole


def test_messages_that_make_no_tree_are_refused(tmp_path):
    first, *others = flat("Q", TREE["prompt"])
    second = {**first, "message_tree_id": "Z"}
    for messages, fault in [
        ([first, second, *others], "rows.jsonl:3: the tree 'Q' comes a second time"),
        ([first, {**others[0], "parent_id": "x"}], "message_tree_id Q: the message 'second' replies to 'x', which is"),
        ([first, {**others[0], "parent_id": None}], "message_tree_id Q: 2 messages reply to none"),
        ([ask("not", "a tree")], "rows.jsonl:1: the field 'message_tree_id' is missing"),
    ]:
        with pytest.raises(LlmregError, match=fault):
            read(tmp_path, "oasst-best", "conversation", *messages)


HH = {
    "chosen": "\n\nHuman: Hi\n\nthere\n\nAssistant: Hello: Human: x\n\nHuman: And?\n\nAssistant: yes ",
    "rejected": "\n\nHuman: Hi\n\nthere\n\nAssistant: Hello: Human: x\n\nHuman: And?\n\nAssistant:",
}


def test_hh_pairs_give_either_side_as_text_or_conversation(tmp_path):
    assert read(tmp_path, "hh-chosen", "text", HH) == ([{"text": HH["chosen"]}], {})
    asked = ("Hi\n\nthere", "Hello: Human: x", "And?")
    assert read(tmp_path, "hh-chosen", "conversation", HH) == ([talk(*asked, "yes")], {})
    assert read(tmp_path, "hh-rejected", "conversation", HH) == ([talk(*asked, "")], {})
    assert said("no marks at all") == []
    message = r"rows.jsonl:1: rejected: field required; the row has 'chosen'.*; correct the row, or take it out"
    with pytest.raises(LlmregError, match=message):
        read(tmp_path, "hh-chosen", "text", {"chosen": "x"})


def test_hc3_gives_a_row_for_every_answer(tmp_path):
    row = {"question": "Why?", "human_answers": ["so", " "], "chatgpt_answers": ["As an AI"], "source": "finance"}
    bare = {**row, "chatgpt_answers": []}
    left_out = {"an empty answer by people was left out": 2, "a question without an answer by ChatGPT was left out": 1}
    found, tally = read(tmp_path, "hc3", "instruction", row, bare)
    assert pairs(found) == [("Why?", "so"), ("Why?", "As an AI"), ("Why?", "so")]
    assert tally == left_out
    assert pairs(read(tmp_path, "hc3-human", "instruction", row)[0]) == [("Why?", "so")]
    assert read(tmp_path, "hc3-chatgpt", "conversation", row)[0] == [talk("Why?", "As an AI")]


def test_oig_turns_are_taken_apart(tmp_path):
    rows = [
        {"text": "<human>: Hi\nthere\n<bot>: yo\n<human>: More?\n<bot>: no <bot>: x", "metadata": {"source": "s"}},
        {"text": "Background: a play\n<human>: Hi\n<bot>: yo"},
        {"text": "no marks"},
    ]
    left_out = {"a row with text before the first <human>: was left out": 2}
    assert read(tmp_path, "oig", "conversation", *rows) == (
        [talk("Hi\nthere", "yo", "More?", "no <bot>: x")],
        left_out,
    )
    found, tally = read(tmp_path, "oig", "instruction", *rows)
    assert found == [ask("Hi\nthere", "yo")]
    assert tally == {**left_out, "of several exchanges the first was taken": 1}


def test_webgpt_takes_the_answer_that_people_preferred(tmp_path):
    def row(score, better="b [1]"):
        question = {"dataset": "eli5", "id": "x", "full_text": "Why?"}
        scores = {"score_0": -score, "score_1": score}
        return {"question": question, "answer_0": "a", "answer_1": better, **scores}

    found, tally = read(tmp_path, "webgpt", "instruction", row(0.5), row(-0.25), row(0.0), row(1.0, ""))
    assert pairs(found) == [("Why?", "b [1]"), ("Why?", "a")]
    assert tally == {
        "a comparison that prefers neither answer was left out": 1,
        "a comparison whose better answer is empty was left out": 1,
    }


def test_summaries_of_posts(tmp_path):
    post = {"subreddit": "pets", "title": "Cat", "post": "It ran.\n"}
    asked = "SUBREDDIT: r/pets\n\nTITLE: Cat\n\nPOST: It ran.\n\n\nTL;DR:"
    assert read(tmp_path, "tldr", "instruction", {**post, "id": "t3", "summary": " ran "}) == ([ask(asked, "ran")], {})
    summaries = [{"text": " cat ran", "policy": "ref", "note": None}, {"text": " a cat", "policy": "sup"}]
    compared = {"info": {"id": "t3", **post}, "summaries": summaries, "choice": 1}
    news = {**compared, "info": {"id": "1", "site": "dailymail", "title": "T", "article": "A"}}
    found, tally = read(tmp_path, "tldr-comparisons", "instruction", compared, news)
    assert found == [ask(asked, "a cat")]
    assert tally == {"a comparison of something else than a post was left out": 1}
    with pytest.raises(LlmregError, match=r"rows.jsonl:1: choice: input should be less than or equal to 1"):
        read(tmp_path, "tldr-comparisons", "instruction", {**compared, "choice": 2})


@pytest.mark.parametrize(
    ("reader", "form", "row", "message"),
    [
        ("alpaca", "instruction", {"instruction": "a"}, "output: field required; the row has 'instruction'"),
        ("alpaca", "instruction", {}, "instruction: field required; the row has no fields"),
        ("alpaca", "instruction", ask("a", 3), "output: input should be a valid string"),
        ("text", "text", {"text": None}, "text: input should be a valid string"),
        ("sharegpt", "conversation", shared(("human", None)), r"conversations.0.value: input should be a valid string"),
        (
            "oasst-best",
            "conversation",
            tree({**TREE["prompt"], "role": "ai"}),
            r"prompt.replies.0.role: input should be",
        ),
    ],
)
def test_a_row_unlike_its_schema_is_named_with_file_line_and_field(tmp_path, reader, form, row, message):
    with pytest.raises(LlmregError, match=f"rows.jsonl:1: {message}"):
        read(tmp_path, reader, form, row)


def test_an_error_of_encoding_names_the_place_in_the_file(tmp_path, tokenizer):
    path = tmp_path / "rows.jsonl"
    path.write_text('{"text": " "}\n{"text": "a"}\n\n{"text": "b"}\n')
    rows = Table([path], RecipeData(format="text", reader="text", loss_on="all"))
    assert len(encode(rows, rows.data, Training(), None, tokenizer)) == 2
    with pytest.raises(LlmregError, match=r"rows.jsonl:2: nothing is left to learn"):
        encode(rows, rows.data, Training(sequence_length=1), None, tokenizer)


REAL_ROWS = {
    ("alpaca-libre-tasks-v1.jsonl", "alpaca-libre", "instruction"): 1202,
    ("alpaca-libre-tasks-v1.jsonl", "alpaca", "instruction"): 2375,
    ("alpaca-libre-tasks-v3.jsonl", "alpaca-libre", "instruction"): 654,
    ("oasst-en-100-trees.jsonl", "oasst-best", "conversation"): 100,
    ("oasst-en-100-trees.jsonl", "oasst-all", "conversation"): 546,
    ("oasst-en-100-trees.jsonl", "oasst-guanaco", "text"): 100,
    ("self-instruct-seed-tasks.jsonl", "seed-tasks", "instruction"): 175,
    ("vicuna-questions.jsonl", "text", "text"): 80,
}


@pytest.mark.parametrize(("name", "reader", "form"), REAL_ROWS, ids="-".join)
def test_real_rows_are_read_whole_and_can_be_encoded(name, reader, form, built_in, tokenizer):
    if not (REAL / name).is_file():
        pytest.skip("the real rows lie in `shared/data` beside the repository, and are not there")
    template = {"instruction": "alpaca-stanford", "conversation": "vicuna-v1.1", "text": None}[form]
    data = RecipeData(format=form, reader=reader, template=template, loss_on="all")
    rows = Table([REAL / name], data)
    assert len(rows) == REAL_ROWS[name, reader, form]
    examples = encode(rows, data, Training(), built_in[template] if template else None, tokenizer)
    assert len(examples) == len(rows)
    assert all(any(label != -100 for label in example.labels) for example in examples)


def test_a_real_file_that_is_broken_is_named_with_the_line():
    """Line 2279 has `"input": \"\"\"\"`, as published."""
    path = REAL / "alpaca-libre-tasks-v2.jsonl"
    if not path.is_file():
        pytest.skip("the real rows lie in `shared/data` beside the repository, and are not there")
    with pytest.raises(LlmregError, match=r"alpaca-libre-tasks-v2.jsonl:2279: is not JSON"):
        Table([path], RecipeData(format="instruction", reader="alpaca-libre"))


def test_the_documentation_lists_every_reader():
    page = (Path(__file__).parents[2] / "docs" / "data-formats.md").read_text(encoding="utf-8")
    for name, reader in READERS.items():
        assert f"| `{name}` | {reader.about} | {', '.join(reader.gives)} |" in page
