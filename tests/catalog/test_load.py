"""Catalogs: entries by id, layers, and faults that name file, line, field and the right answer."""

from __future__ import annotations

import pytest

from builders import catalog, dataset, model
from llmreg.catalog import Catalog, built_in, load_catalog
from llmreg.errors import CatalogError, UnknownIdError, UsageError
from llmreg.schema import FOLDERS, Dataset, License, Model

PAGE = 'sources: {page: {url: "https://example.org", read: live, seen: 2026-11-21}}\n'


def write(root, name, text):
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def faults(root, entry_id):
    with pytest.raises(CatalogError) as caught:
        Catalog(root)[entry_id]
    return {(problem.line, problem.field): problem.message for problem in caught.value.problems}


def test_all_faults_of_a_file_are_told_at_once(tmp_path):
    write(
        tmp_path,
        "models/m.yaml",
        "name: M\nmodalty: [text]\nreleased: NO\nsource: pgae\nmade_from:\n"
        "  - {relation: adaptor, of: x, source: page}\n  - {relation: adapter, of: x, source: paeg}\n" + PAGE,
    )
    found = faults(tmp_path, "m")
    assert found[2, "modalty"] == "no such field; did you mean 'modality'?"
    assert found[3, "released"].startswith("write the date as YYYY-MM-DD")
    assert found[4, "source"] == "no source 'pgae' under `sources`; did you mean 'page'?"
    assert "'adapter'" in found[6, "made_from.0.relation"]
    assert found[7, "made_from.1.source"].endswith("did you mean 'page'?")


def test_a_claim_without_a_source_is_refused(tmp_path):
    write(tmp_path, "models/m.yaml", "name: M\ndevelopers: [A]\nhub: a/b\n" + PAGE)
    (message,) = faults(tmp_path, "m").values()
    assert "developers: has no source" in message
    assert "hub: has no source" in message


def test_numbers_become_numbers_only_where_the_schema_says_so(tmp_path):
    write(
        tmp_path,
        "models/m.yaml",
        "name: 1.10\nunknown: [NO]\nrecipe:\n  method: lora\n  settings: {rank: 64, dropout: 0.05, version: 1.10, on: true}\n"
        "  training: {learning_rate: 1.0e-4}\n  data: {format: text}\n  source: page\n" + PAGE,
    )
    entry = Catalog(tmp_path).get_as(Model, "m")
    assert (entry.name, entry.unknown) == ("1.10", ("NO",))
    assert entry.recipe.settings == {"rank": 64, "dropout": 0.05, "version": "1.10", "on": True}
    assert entry.recipe.training.learning_rate == 1e-4


@pytest.mark.parametrize("text", ["", "- a list\n", "just words\n"])
def test_an_entry_is_a_mapping(tmp_path, text):
    write(tmp_path, "models/m.yaml", text)
    (message,) = faults(tmp_path, "m").values()
    assert message.startswith("an entry is a mapping")


def test_a_later_folder_lies_over_an_earlier_one(tmp_path):
    write(tmp_path, "a/models/m.yaml", "name: Old\n")
    write(tmp_path, "b/models/m.yaml", "name: New\n")
    catalog = Catalog(tmp_path / "a", tmp_path / "b")
    assert catalog["m"].name == "New"
    assert catalog.path_of("m") == tmp_path / "b/models/m.yaml"


def test_the_environment_names_layers_too(tmp_path, monkeypatch):
    write(tmp_path, "models/my-model.yaml", "name: Mine\n")
    monkeypatch.setenv("LLMREG_CATALOG", str(tmp_path))
    assert load_catalog()["my-model"].name == "Mine"


def test_nothing_in_a_catalog_folder_is_skipped_silently(tmp_path):
    write(tmp_path, "model/m.yaml", "name: M\n")
    write(tmp_path, "models/m.yml", "name: M\n")
    write(tmp_path, "models/.hidden.yaml", "name: M\n")
    write(tmp_path, "models/x.yaml", "name: M\n")
    write(tmp_path, "datasets/x.yaml", "name: M\n")
    with pytest.raises(CatalogError) as caught:
        Catalog(tmp_path)
    messages = [problem.message for problem in caught.value.problems]
    assert "no such kind of entry; did you mean 'models'?" in messages
    assert "only `.yaml` files belong into a catalog folder" in messages
    assert any(message.startswith("the id 'x' is taken by") for message in messages)


def test_wrong_ids_get_the_nearest_right_one(built_in):
    with pytest.raises(UnknownIdError, match="did you mean 'guanaco-33b'"):
        built_in["guanco-33b"]
    with pytest.raises(UnknownIdError, match="no license has the id 'llama-7b'"):
        built_in.get_as(License, "llama-7b")
    with pytest.raises(UsageError, match="the folder does not exist"):
        Catalog(built_in.roots[0] / "absent")


def test_the_built_in_catalog_states_its_own_license(built_in):
    assert built_in.manifest.license == "CC-BY-4.0"
    assert built_in.roots[0].is_dir()


@pytest.mark.parametrize("entry_id", list(Catalog(built_in())))
def test_every_built_in_entry_reads(entry_id, built_in):
    assert built_in[entry_id].id == entry_id
    assert built_in.kind_of(entry_id) in FOLDERS.values()


def test_a_link_that_leads_out_of_the_catalog_is_refused(tmp_path):
    (tmp_path / "outside.yaml").write_text("name: Outside\n")
    (tmp_path / "own" / "models").mkdir(parents=True)
    (tmp_path / "own" / "models" / "inside.yaml").symlink_to(tmp_path / "outside.yaml")
    with pytest.raises(CatalogError, match="a link that leads out of the catalog"):
        Catalog(tmp_path / "own")


def test_a_hub_id_means_the_model_and_not_its_file_nor_anothers_record_of_it():
    whole = catalog(
        model("m", hub="Org/M"),
        model("m-adapter", hub="org/m", file_of="m", component="adapter"),
        model("tracker.m", hub="Org/M", same_as=("m",)),
        model("lonely", hub="Org/Lonely", file_of="m", component="delta"),
    )
    assert whole.bearers("ORG/m") == ["m", "m-adapter", "tracker.m"]
    assert whole.named("Org/M") == "m"
    assert whole.named("Org/Lonely") == "lonely"
    assert whole.named("Org/None") == "Org/None"


def test_a_name_of_several_entries_is_refused_unless_the_kind_tells_them_apart():
    whole = catalog(model("m", aliases=("Two  Words",)), dataset("d", aliases=("two words",)))
    assert (whole.named("TWO words", Model), whole.named("TWO words", Dataset)) == ("m", "d")
    with pytest.raises(UsageError, match="several entries go by 'TWO words': d, m; give the id of one"):
        whole.named("TWO words")
