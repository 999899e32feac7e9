"""Opening up ChatGPT: one YAML file a project."""

from __future__ import annotations

import yaml


def project(name="Camel Chat", **parts):
    about = {
        "name": name,
        "link": "https://example.org",
        "notes": "",
        "llmbase": "Sand 7B",
        "rlbase": "",
        "license": "",
    }
    marks = {part: {"class": "open", "link": "", "notes": ""} for part in (
        "opencode", "llmdata", "llmweights", "rldata", "rlweights", "license"
    )}  # fmt: skip
    for part, link in parts.items():
        if part in about:
            about[part] = link
        else:
            marks[part]["link"] = link
    return yaml.safe_dump({"project": about, "org": {"name": "Desert Lab"}, **marks})


def read(tracker, run, *projects):
    return run("opening-up-chatgpt", tracker({f"projects/p{n}.yaml": text for n, text in enumerate(projects)}))


def test_a_project_becomes_a_model_made_from_its_base_and_its_tuning_data(tracker, run):
    done = read(tracker, run, project(
        rlbase="Dunes (synthetic), Grains + Pebbles, various", opencode="https://github.com/desert/camel",
        rlweights="https://huggingface.co/desert/camel-7b/tree/main", llmweights="https://huggingface.co/sand/sand-7b",
    ))  # fmt: skip
    camel = done["opening-up-chatgpt.camel-chat"]
    assert (camel.kind, camel.hub_id, camel.repository) == ("model", "desert/camel-7b", "desert/camel")
    assert done["opening-up-chatgpt.sand-7b"].hub_id == "sand/sand-7b"
    assert [(edge.relation, edge.of.partition(".")[2], edge.stage) for edge in camel.made_from] == [
        ("finetune", "sand-7b", None), ("trained-on", "dunes", "sft"), ("trained-on", "grains", "sft"),
        ("trained-on", "pebbles", "sft"),
    ]  # fmt: skip
    assert "CUI 2023" in camel.source_of("hub").attribution
    assert done.problems() == []


def test_one_page_of_weights_does_not_tell_whose_they_are(tracker, run):
    done = read(tracker, run, project(llmweights="https://huggingface.co/desert/camel-7b"))
    assert done["opening-up-chatgpt.camel-chat"].hub_id is None
    assert done["opening-up-chatgpt.sand-7b"].hub_id is None


def test_several_bases_are_several_edges_and_vague_words_none(tracker, run):
    done = read(tracker, run, project("A", llmbase="Sand & Clay"), project("B", llmbase="unclear"),
                project("C", llmbase="C"))  # fmt: skip
    assert [relation for relation, _ in done.edges("opening-up-chatgpt.a")] == ["finetune", "finetune"]
    assert done.edges("opening-up-chatgpt.b") == done.edges("opening-up-chatgpt.c") == []


def test_datasets_on_the_hub_are_edges(tracker, run):
    done = read(tracker, run, project(llmbase="", llmdata="https://huggingface.co/datasets/desert/dunes",
                                      rldata="https://huggingface.co/datasets/desert/grains"))  # fmt: skip
    edges = done["opening-up-chatgpt.camel-chat"].made_from
    assert [(edge.of, edge.stage) for edge in edges] == [
        ("opening-up-chatgpt.desert-dunes", "pretrain"), ("opening-up-chatgpt.desert-grains", "sft"),
    ]  # fmt: skip


def test_a_projects_license_is_the_weights_only_where_that_is_said(tracker, run):
    about_weights, on_page = project("A"), project("B")
    done = read(
        tracker, run,
        about_weights.replace("license: ''", "license: Apache 2.0 (model weights only)", 1),
        on_page.replace("license: ''", "license: MIT", 1).replace(
            "license:\n  class: open\n  link: ''", "license:\n  class: open\n  link: https://huggingface.co/desert/b"
        ),
        project("C").replace("license: ''", "license: GPL", 1),
    )  # fmt: skip
    assert done.licenses("opening-up-chatgpt.a") == {"weights": ["Apache-2.0"]}
    assert done.licenses("opening-up-chatgpt.b") == {"weights": ["MIT"]}
    assert done.licenses("opening-up-chatgpt.c") == {}
    assert "license of the project, it does not say of what: GPL" in done["opening-up-chatgpt.c"].notes


def test_what_builds_on_no_model_in_particular_is_software(tracker, run):
    text = project(llmbase="various (sand, clay)").replace("license: ''", "license: MIT License", 1)
    done = read(tracker, run, text)
    assert done["opening-up-chatgpt.camel-chat"].kind == "software"
    assert done.licenses("opening-up-chatgpt.camel-chat") == {"code": ["MIT"]}


def test_the_form_the_nameless_and_a_broken_link_are_told(tracker, run):
    form = "project: {name: , link: , llmbase: }\norg: {name: }\n"
    done = read(tracker, run, form, project(""), project(link="hhttps://example.org"))
    assert done.reasons == {"projects/p0.yaml": "form", "projects/p1.yaml": "no-name"}
    assert done.faults == [("odd-value", "projects/p2.yaml")]


def test_46_of_48_projects_come_in(holds):
    done = holds("opening-up-chatgpt", "opening-up-chatgpt")
    assert (done.report.rows, done.report.rows_in) == (48, 46)
    assert done.reasons == {"projects/A_sample.yaml": "form", "projects/text-generation-webui.yaml": "no-name"}
