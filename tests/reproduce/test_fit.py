"""Proposals that fit: the least change first, said in words, and nothing promised that does not fit."""

from __future__ import annotations

import json

import pytest
import tiny
from typer.testing import CliRunner

from llmreg import plugins
from llmreg.catalog import Catalog
from llmreg.catalog import built_in as built_in_folder
from llmreg.cli.app import app
from llmreg.cli.plan import proposal
from llmreg.errors import LlmregError
from llmreg.reproduce.fit import fit, memory_named

GROW = {"micro_batch_size": "4", "sequence_length": "2048"}


@pytest.fixture(scope="module")
def catalog(tmp_path_factory):
    root = tmp_path_factory.mktemp("fit")
    tiny.write_catalog(root)
    (root / "models/no-length.yaml").write_text(
        (root / "models/tiny-lora.yaml").read_text().replace("sequence_length: 128, ", "")
    )
    return Catalog(built_in_folder(), root)


@pytest.fixture(scope="module")
def proposed(catalog):
    found = plugins.load()
    return lambda memory, **more: fit(catalog, found, "tiny-lora", "research", {**GROW, **more}, memory)


def changed(proposal):
    return {change.setting: change.now for change in proposal.changes}


def test_what_fits_is_left_alone(proposed):
    found = proposed(1e12)
    assert (found.fits, found.changes, found.missing) == (True, (), 0)
    assert found.plan.peak == found.before


def test_a_smaller_micro_batch_comes_first_because_the_result_stays(proposed):
    whole = proposed(1e12)
    found = proposed(0.7 * whole.before)
    assert found.fits
    assert changed(found) == {"training.micro_batch_size": 2}
    assert found.changes[0].same_result
    assert found.plan.recipe.training.batch_size == whole.plan.recipe.training.batch_size


def test_what_a_later_change_makes_needless_is_taken_back(proposed):
    """With checkpointing alone it fits, so the micro-batch stays as it was."""
    room = proposed(1e12, gradient_checkpointing="true").before
    found = proposed(room, micro_batch_size="4")
    assert found.fits
    assert len(found.changes) == 1


def test_changes_of_the_result_come_last_and_are_named(proposed):
    smallest = proposed(0).plan.peak
    found = proposed(smallest)
    assert found.fits
    kinds = [change.same_result for change in found.changes]
    assert kinds == sorted(kinds, reverse=True)
    assert changed(found)["training.sequence_length"] == 128


def test_when_nothing_fits_it_says_what_is_missing(proposed):
    found = proposed(1e5)
    assert not found.fits
    assert found.missing == found.plan.peak - 1e5


def test_every_change_is_a_setting_that_reproduce_takes(catalog, proposed):
    found = proposed(0)
    again = proposed(1e12, **{change.setting: str(change.now).lower() for change in found.changes})
    assert again.plan.peak == found.plan.peak


def test_sizes_and_gpus(catalog):
    assert memory_named(catalog, "24GB") == 24 * 2**30
    assert memory_named(catalog, "1.5 gib") == 1.5 * 2**30
    assert memory_named(catalog, "rtx 4090") == 24 * 2**30
    for text, message in (("24", "size as 24GB"), ("24TB", "size as 24GB"), ("<script>", "no GPU is named")):
        with pytest.raises(LlmregError, match=message):
            memory_named(catalog, text)


def test_the_command_says_what_to_type_and_exits_with_1_where_nothing_fits(catalog):
    where = ["plan", "tiny-lora", "--catalog", str(catalog.roots[-1])]
    fits = CliRunner().invoke(app, [*where, "--fit", "t4"])
    assert fits.exit_code == 0
    assert "it fits as it is" in fits.stdout
    missing = CliRunner().invoke(app, [*where, "--fit", "0.0001GB"])
    assert missing.exit_code == 1
    assert "nothing fits" in missing.stdout
    told = json.loads(CliRunner().invoke(app, [*where, "--fit", "0.0001GB", "--json"]).stdout)
    assert (told["fits"], told["missing"] > 0, told["uncounted"]) == (False, True, [])


def test_without_a_length_nothing_is_said_to_fit(catalog):
    where = ["plan", "no-length", "--catalog", str(catalog.roots[-1]), "--fit", "t4"]
    unknown = CliRunner().invoke(app, where)
    assert unknown.exit_code == 1
    assert "as published: at least 0.0 GiB" in unknown.stdout
    assert "activations and logits are not counted" in unknown.stdout
    assert "--set training.sequence_length=N" in unknown.stdout
    told = json.loads(CliRunner().invoke(app, [*where, "--json"]).stdout)
    assert (told["fits"], told["changes"], told["uncounted"]) == (False, [], ["activations", "logits"])
    assert CliRunner().invoke(app, [*where, "--set", "training.sequence_length=128"]).exit_code == 0


def test_the_command_to_type_keeps_the_settings_that_were_given(catalog, proposed):
    given = {"micro_batch_size": "4", "training.sequence_length": "2048", "system": "a b"}
    found = proposed(0.7 * proposed(1e12).before)
    last = list(proposal("tiny-lora", found, given))[-1]
    words = "--set training.sequence_length=2048 --set 'system=a b' --set training.micro_batch_size=2"
    assert last.endswith(f"llmreg reproduce tiny-lora {words}")
