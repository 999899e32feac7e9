"""The commands as a user meets them: output, JSON, exit codes, and what wrong input is told."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from llmreg.cli.app import app
from llmreg.errors import LlmregError


def llmreg(*args):
    return CliRunner().invoke(app, list(map(str, args)), catch_exceptions=False)


def process(*args):
    return subprocess.run([sys.executable, "-m", "llmreg", *args], capture_output=True, text=True, check=False)


def test_the_flagship_is_forbidden_for_commerce_because_of_llama():
    result = llmreg("check", "guanaco-33b", "--use", "commercial", "--json")
    assert result.exit_code == 4
    verdict = json.loads(result.stdout)
    assert {"id", "use", "policy", "verdict", "reasons", "obligations", "unknowns"} <= set(verdict)
    assert verdict["verdict"] == "forbidden"
    reason = next(reason for reason in verdict["reasons"] if reason["path"] == ["guanaco-33b", "llama-33b"])
    assert (reason["license"], reason["clause"], reason["relations"]) == ("llama-1", "s.2a", ["adapter"])
    assert set(reason) >= {"verdict", "license", "clause", "path", "relations", "source", "text"}


@pytest.mark.parametrize(
    ("entry_id", "use", "code", "verdict"),
    [
        ("guanaco-33b", "research", 0, "allowed-with-conditions"),
        ("dolly-v2-12b", "commercial", 0, "allowed"),
        ("koala-13b", "research", 3, "unclear"),
        ("alpaca-7b", "commercial", 4, "forbidden"),
        ("llama-adapter-v2-65b", "commercial", 4, "forbidden"),
        ("pythia-12b", "commercial", 0, "allowed"),
        ("oasst1", "commercial", 0, "allowed"),
    ],
)
def test_verdicts_of_the_first_catalog(entry_id, use, code, verdict):
    result = llmreg("check", entry_id, "--use", use, "--json")
    assert (result.exit_code, json.loads(result.stdout)["verdict"]) == (code, verdict)


def test_alpaca_names_both_llamas_and_openais_terms():
    reasons = json.loads(llmreg("check", "alpaca-7b", "--use", "commercial", "--json").stdout)["reasons"]
    named = {(reason["license"], reason["path"][-1]) for reason in reasons}
    assert {("llama-1", "llama-7b"), ("openai-tos", "text-davinci-003")} <= named


def test_several_ids_end_with_the_worst_code():
    result = llmreg("check", "dolly-v2-12b", "koala-13b", "guanaco-33b", "--use", "commercial", "--json")
    assert result.exit_code == 4
    assert [verdict["id"] for verdict in json.loads(result.stdout)] == ["dolly-v2-12b", "koala-13b", "guanaco-33b"]


def test_file_means_the_files_own_id():
    result = llmreg("check", "guanaco-65b", "--use", "redistribution", "--file", "--json")
    verdict = json.loads(result.stdout)
    assert (result.exit_code, verdict["id"], verdict["verdict"]) == (
        0,
        "guanaco-65b-adapter",
        "allowed-with-conditions",
    )


def test_the_words_say_what_the_json_says():
    text = llmreg("check", "guanaco-33b", "--use", "commercial").stdout
    assert "guanaco-33b for commercial use: forbidden" in text
    assert "forbidden: guanaco-33b is an adapter on llama-33b: llama-1 s.2a" in text
    assert "not legal advice" in text


def test_path_tells_the_way_and_which_way_round():
    assert llmreg("path", "guanaco-33b", "llama-33b").stdout == "guanaco-33b -(adapter)-> llama-33b\n"
    found = json.loads(llmreg("path", "alpaca-7b", "text-davinci-003", "--json").stdout)
    assert found[0] == {
        "path": ["alpaca-7b", "alpaca-52k", "text-davinci-003"],
        "relations": ["trained-on", "generated-by"],
        "tiers": ["curated", "curated", "curated"],
    }
    with pytest.raises(LlmregError, match="it is the other way round: guanaco-33b descends from llama-33b"):
        llmreg("path", "llama-33b", "guanaco-33b")


@pytest.mark.parametrize("form", ["json", "csv", "dot", "mermaid", "graphml"])
def test_graph_writes_the_same_to_a_file_as_to_the_screen(tmp_path, form):
    out = tmp_path / "graph"
    assert llmreg("graph", "guanaco-33b", "--format", form, "-o", out).exit_code == 0
    assert out.read_text() == llmreg("graph", "guanaco-33b", "--format", form).stdout
    assert list(tmp_path.iterdir()) == [out]


def test_graph_goes_up_down_and_as_far_as_asked():
    def nodes(*args):
        return {node["id"] for node in json.loads(llmreg("graph", *args).stdout)["nodes"]}

    assert {"llama-33b", "oasst1"} <= nodes("guanaco-33b")
    assert "guanaco-33b" in nodes("llama-33b", "--down")
    assert nodes("guanaco-33b", "--depth", "0") == {"guanaco-33b"}
    assert nodes() > nodes("guanaco-33b", "--both")


def test_list_gives_a_bare_array_and_filters():
    rows = json.loads(llmreg("list", "models", "--where", "method=qlora", "--json").stdout)
    assert {"guanaco-7b", "guanaco-33b"} <= {row["id"] for row in rows}
    assert all(row["method"] == "qlora" for row in rows)
    assert {row["name"] for row in json.loads(llmreg("list", "methods", "--json").stdout)} >= {"lora", "qlora"}
    assert "llama-1" in llmreg("list", "licenses").stdout
    assert llmreg("list", "models", "--where", "method=none").stdout == "no models match\n"


def test_show_gives_the_entry_with_sources_and_children():
    shown = json.loads(llmreg("show", "llama-33b", "--json").stdout)
    assert "guanaco-33b" in shown["children"]
    assert shown["sources"]
    assert "huggyllama/llama-30b" in llmreg("show", "llama-33b").stdout


def test_validate_names_file_line_field_and_the_right_answer(tmp_path):
    (tmp_path / "models").mkdir()
    file = tmp_path / "models/mine.yaml"
    file.write_text("name: Mine\nhubb: a/b\n")
    result = llmreg("validate", tmp_path)
    assert result.exit_code == 1
    assert f"{file}:2: hubb: no such field; did you mean 'hub'?" in result.stdout
    assert llmreg("validate").exit_code == 0
    (problem,) = json.loads(llmreg("validate", file, "--json").stdout)
    assert (problem["line"], problem["field"]) == (2, "hubb")


@pytest.mark.parametrize(
    ("args", "code", "words"),
    [
        (["check", "guanco-33b", "--use", "commercial"], 2, "did you mean 'guanaco-33b'?"),
        (["check", "guanaco-33b", "--use", "comercial"], 2, "choose one of research, commercial"),
        (["check", "guanaco-33b"], 2, "--use"),
        (["check", "guanaco-33b", "--use", "research", "--policy", "strictt"], 2, "did you mean 'strict'?"),
        (["check", "guanaco-33b", "--use", "research", "--as-of", "2023-13"], 2, "--as-of takes a day as YYYY-MM-DD or YYYY-MM"),
        (["check", "guanaco-33b", "--use", "research", "--territory", "Germany"], 2, "two-letter ISO 3166-1 code"),
        (["check", "kimi-k3", "--use", "hosting", "--business", "bank"], 2, "--business: no business 'bank'"),
        (["check", "kimi-k3", "--use", "hosting", "--business", "none,ai-work-assistant"], 2, "exclude each other"),
        (["check", "dolly-v2-12b", "--use", "research", "--file"], 2, "no distributed file"),
        (["check", "MIT", "--use", "research"], 2, "only models, datasets"),
        (["graph", "--format", "png3"], 2, "choose one of json"),
        (["graph", "--up", "--down"], 2, "exclude each other"),
        (["graph", "-o", "/nonexistent/folder/x"], 1, "there is no folder /nonexistent/folder; make it first"),
        (["list", "model"], 2, "did you mean 'models'"),
        (["list", "models", "--where", "method"], 2, "--where takes KEY=VALUE"),
        (["show", "nothing-like-it-at-all"], 2, "no entry has the id"),
        (["--catalog", "x"], 2, "No such option"),
        (["list", "--catalog", "/nonexistent"], 2, "the folder does not exist"),
        (["reproduce", "oasst1"], 1, "oasst1 has no recipe in the catalog, so it cannot be made again"),
        (["reproduce", "llama-7b", "--set", "x"], 2, "--set takes KEY=VALUE"),
        (["rehearse"], 2, "name the entries to rehearse, or say --all"),
        (["reproduce", "baichuan2-13b", "--rehearse"], 1, "add `architecture` to baichuan2-13b"),
        (["verify", "/nonexistent"], 1, "is no run"),
        (["validate", "/nonexistent"], 2, "no such file or folder"),
        (["nonsense"], 2, "No such command"),
    ],
    ids=lambda value: " ".join(value[:3]) if isinstance(value, list) else "",
)  # fmt: skip
def test_wrong_input_gets_a_message_and_a_code_and_never_a_traceback(args, code, words):
    done = process(*args)
    assert done.returncode == code, done.stderr
    assert words in " ".join(done.stderr.replace("│", " ").split())
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_a_plan_that_cannot_be_made_ends_after_its_verdict():
    done = process("plan", "minigpt-4-vicuna-7b")
    assert done.returncode == 1
    assert done.stdout == "minigpt-4-vicuna-7b for research use: unclear\n"
    assert "no plugin offers the method" in done.stderr


def test_a_named_entry_that_cannot_be_rehearsed_is_shown_with_the_reason_and_code_5():
    result = llmreg("rehearse", "zephyr-7b-beta", "--json")
    (row,) = json.loads(result.stdout)
    assert (result.exit_code, row["outcome"]) == (5, "not rehearsed")
    assert row["reason"] == "no installed plugin offers the method 'dpo'"
    assert "0 of 0 passed, 1 not rehearsed" in llmreg("rehearse", "zephyr-7b-beta").stdout


def test_a_full_run_out_of_reach_says_what_it_needs_and_names_the_rehearsal():
    done = process("reproduce", "guanaco-33b")
    assert done.returncode == 1
    for words in (
        "the weights of llama-33b (32,528,943,616 parameters, 65 GB in 16 bits",
        "65 GB in 16 bits), as huggyllama/llama-30b; the data (oasst1-guanaco), as the dataset timdettmers/open",
        "Missing: ",
        "GiB at its peak",
        "one 24 GB consumer GPU, less than 12 hours",
        "Unknown:",
        "llmreg reproduce guanaco-33b --rehearse",
    ):
        assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_a_reader_that_goes_away_is_no_error():
    done = subprocess.run(
        f"{sys.executable} -m llmreg graph --format csv | head -1",
        shell=True,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.startswith("child,parent")
    assert done.stderr == ""


def test_version_and_help():
    assert process("--version").stdout.startswith("llmreg 0.")
    assert "reproduce" in process("-h").stdout


@pytest.mark.parametrize("group", [[], ["evaluate"], ["export"], ["new"]])
def test_help_says_of_each_command_what_it_does_to_the_end_of_the_sentence(group):
    listed = process(*group, "-h").stdout.partition("Commands:\n")[2]
    assert listed
    assert "..." not in listed


def test_without_the_extra_train_a_plan_says_what_to_install():
    code = "import sys; sys.modules['transformers'] = None; sys.argv = ['llmreg', 'plan', 'llama-7b']; from llmreg.cli import main; main()"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert (
        done.stderr
        == "error: transformers is not installed; planning and training need `pip install 'llmreg[train]'`\n"
    )


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ([], 3),
        (["--business", "model-as-a-service"], 4),
        (["--business", "model-as-a-service", "--internal-use"], 0),
        (["--business", "none"], 0),
    ],
)
def test_check_asks_for_the_business_where_a_license_binds_it(said, code):
    figures = ["--annual-revenue", "30000000"]
    assert llmreg("check", "moonshotai/Kimi-K3", "--use", "commercial", *figures, *said).exit_code == code


@pytest.fixture
def layered(tmp_path):
    """A folder with a curated entry, a tracker's row about it, and one that is made from that row's base."""
    page = "{url: 'https://example.org/page', read: live, seen: '2026-11-21'"
    entries = {
        "mine": f"licenses: {{weights: {{id: MIT, source: page}}}}\nhub: org/mine\nsources: {{page: {page}}}}}",
        "epoch.mine": "licenses: {weights: {id: llama2, source: page}}\nhub: org/mine\n"
        f"sources: {{page: {page}, importer: epoch}}}}",
        "epoch.child": "made_from: [{relation: finetune, of: mine, source: page}]\n"
        f"sources: {{page: {page}, importer: epoch}}}}",
    }
    (tmp_path / "models").mkdir()
    for entry_id, text in entries.items():
        (tmp_path / "models" / f"{entry_id}.yaml").write_text(f"name: {entry_id}\nsource: page\n{text}\n")
    return tmp_path


def test_show_says_on_what_an_entry_rests_and_what_others_say_of_it(layered):
    assert llmreg("show", "guanaco-33b").stdout.endswith("\nevidence: curated (sources read)\n")
    shown = llmreg("show", "mine", "--catalog", layered).stdout
    assert "evidence: curated (sources read)\nother accounts\n  epoch.mine: from a row of epoch on org/mine" in shown
    assert "they differ in license, and the first decides:\n    mine, curated (sources read): weights MIT\n" in shown
    told = json.loads(llmreg("show", "mine", "--json", "--catalog", layered).stdout)
    assert (told["tier"], [other["tier"] for other in told["accounts"]]) == ("curated", ["tracker"])
    assert [said["value"] for said in told["differences"][0]["says"]] == ["weights MIT", "weights llama2"]
    assert "evidence: from a row of epoch on org/mine" in llmreg("show", "epoch.mine", "--catalog", layered).stdout
    assert json.loads(llmreg("show", "guanaco-33b", "--json").stdout)["differences"] == []


def test_a_hub_id_that_a_trackers_row_has_too_means_the_curated_entry(layered):
    verdict = json.loads(llmreg("check", "org/mine", "--use", "commercial", "--catalog", layered, "--json").stdout)
    assert (verdict["id"], verdict["verdict"], verdict["tier"]) == ("mine", "allowed", "curated")
    assert verdict["differences"][0]["about"] == "license"


def test_lists_paths_and_graphs_say_the_tier(layered):
    head, *lines = llmreg("list", "models", "--catalog", layered).stdout.splitlines()
    assert head.split()[:2] == ["id", "tier"]
    assert {line.split()[0]: line.split()[1] for line in lines if line.startswith("epoch.")} == {
        "epoch.child": "tracker",
        "epoch.mine": "tracker",
    }
    assert "tier" not in llmreg("list", "models").stdout.splitlines()[0].split()
    assert {row["tier"] for row in json.loads(llmreg("list", "models", "--json").stdout)} == {"curated"}
    assert llmreg("path", "epoch.child", "mine", "--catalog", layered).stdout == (
        "epoch.child -(finetune)-> mine\nepoch.child: from a row of epoch on epoch.child, read 2026-11-21\n"
    )
    graph = json.loads(llmreg("graph", "epoch.child", "--catalog", layered).stdout)
    assert {node["id"]: node["tier"] for node in graph["nodes"]} == {"epoch.child": "tracker", "mine": "curated"}
