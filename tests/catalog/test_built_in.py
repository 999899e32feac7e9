"""What the built-in catalog must hold as a whole."""

from __future__ import annotations

from llmreg.licensing import check
from llmreg.schema import WEIGHT_RELATIONS, Dataset, Model


def parts_of(catalog, model_id):
    """Give every model whose weights are inside this one."""
    parts = set()
    for edge in catalog[model_id].edges():
        if edge.relation in WEIGHT_RELATIONS:
            parts |= {edge.of} | parts_of(catalog, edge.of)
    return parts


def test_what_reads_pictures_and_writes_text_names_both_of_its_parts_or_says_which_is_unknown(built_in):
    pictures = [
        model_id
        for model_id in built_in.ids(Model)
        if {"text", "image"} <= {*built_in[model_id].modality} and parts_of(built_in, model_id)
    ]
    assert len(pictures) >= 8
    for model_id in pictures:
        modalities = {part: {*built_in[part].modality} for part in parts_of(built_in, model_id)}
        sees = [part for part, modality in modalities.items() if "image" in modality]
        writes = [part for part, modality in modalities.items() if "image" not in modality]
        unknown = " ".join(built_in[model_id].unknown)
        assert sees or "image encoder" in unknown, model_id
        assert writes or "language model" in unknown, model_id


def test_blip_2_contains_the_image_encoder_that_its_code_loads(built_in):
    assert "eva-clip-vit-g-14" in parts_of(built_in, "blip-2")
    assert "eva-clip-vit-g-14" in parts_of(built_in, "minigpt-4-vicuna-13b")
    assert check(built_in, "blip-2", "commercial").reasons[0].path[-2:] == ("eva-clip-vit-g-14", "clip-vit-l-14")


def test_a_repository_rests_on_a_source_that_is_in_it_where_the_entry_has_one(built_in):
    for entry in (built_in[entry_id] for kind in (Model, Dataset) for entry_id in built_in.ids(kind)):
        inside = {
            key for key, source in entry.sources.items() if entry.repository and source.repository == entry.repository
        }
        assert not inside or "repository" in entry.evidence or entry.source in inside, entry.id


def test_the_end_of_a_schedule_is_a_share_of_the_rate_and_of_a_schedule_that_has_one(built_in):
    recipes = {model_id: built_in[model_id].recipe for model_id in built_in.ids(Model)}
    ends = {name: each.training for name, each in recipes.items() if each and each.training.min_learning_rate}
    assert len(ends) > 40
    for name, training in ends.items():
        assert training.schedule == "cosine-with-min-lr", name
        assert 0.01 <= training.min_learning_rate < 1, name
