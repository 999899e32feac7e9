"""Our license terms beside those of ModelGo and Data Provenance, term by term; `peers.yaml` holds every disagreement.

Compared with ModelGo (`licenses_description.yml`): the rights to use the work commercially, to pass copies on and to
change it; whether changed works may be passed on, and whether under other terms; share-alike; the duties to keep notices,
to give the license, to state changes, to disclose the source and to keep to use restrictions; whether terms reach whoever
offers the work over a network (their form `saas`); what becomes of outputs (`generate`), of models trained on outputs
(`distill`), of fine-tuned models (`train`, in licenses of software and models) and of models trained on the data (`train`,
in licenses of data). Compared with Data Provenance (`license_classes.json`, `custom_license_classes.json`): commercial
use, attribution, share-alike.

Not comparable: their `sublicense`, `merge`, `patent_use` and `trademark_use`, their usages `combine`, `amalgamate`,
`embed` and `stat`, their `include_runtime_restriction`, `compat` and `incompat` have no term of ours beside them; our
thresholds, territories, naming, flow-down and disclosure duties have none of theirs. A right that comes with conditions
is a right on both sides: what the conditions are shows in the duties. Of changed works that may not be passed on, nobody
asks under which terms; of a license that covers data alone, nobody asks about outputs.

A license is compared where `license_named` knows their name for it, or `NAMES` does; nothing is matched by resemblance.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from llmreg.catalog.names import license_named
from llmreg.errors import UnknownIdError
from llmreg.schema import License

IMPORTS = Path(__file__).parents[3] / "shared" / "import"
FILES = {
    "ModelGo": [IMPORTS / "modelgo" / "licenses_description.yml"],
    "Data Provenance": [
        IMPORTS / "data-provenance" / "constants" / name
        for name in ("license_classes.json", "custom_license_classes.json")
    ],
}
WRITTEN = yaml.safe_load(Path(__file__).with_name("peers.yaml").read_text(encoding="utf-8"))

NAMES = {"BigScience-BLOOM-OpenRAIL-M": "bigscience-openrail-m"}
"""What they call a license, where no alias of ours says so."""
OTHERS = {"GFDL"}
"""Names that mean something else here: ModelGo's is version 1.3, ours a label that names no version and has no terms."""


# What we say, in words that both sides share

GRANTED = {"permitted": "yes", "conditional": "yes", "prohibited": "no", "unclear": "unclear"}
SAME_LICENSE = ("strong", "network", "adaptations", "database", "data", "derivatives")
"""Our kinds of share-alike under which changed works stay under the license itself."""


def yes(truth):
    return "yes" if truth else "no"


def use(name):
    return lambda our: GRANTED[our.uses[name].permission]


def duty(*names):
    return lambda our: yes(any(each.duty in names for each in our.duties))


def share_alike(our):
    return "unknown" if our.share_alike == "unknown" else yes(our.share_alike in SAME_LICENSE)


def changes_passed_on(our):
    return "no" if our.derivatives.ground == "no-derivatives" else GRANTED[our.derivatives.permission]


def other_terms(our):
    if changes_passed_on(our) == "no":
        return None
    words = {"none": "yes", "use-restrictions": "with the same restrictions", "unknown": "unknown"}
    return words.get(our.share_alike, "no")


def hosting_bound(our):
    return {"permitted": "no", "unclear": "unclear"}.get(our.uses["hosting"].permission, "yes")


def outputs(our):
    words = {"silent": "silent", "free": "free", "unknown": "unknown", "not-applicable": None}
    return words.get(our.outputs.value, "bound")


def training_on_outputs(our):
    return None if our.outputs.value == "not-applicable" else our.outputs.value


def fine_tuning(our):
    """Count fine-tuned weights as changed works: `derivatives` speaks of them, whatever the license."""
    return "as a change" if "model" in our.applies_to else None


def training(our):
    return ("silent" if our.reaches_models else "free") if "data" in our.applies_to else None


# What ModelGo says

FREE = {"NODEF": "silent", "independent": "free"}
"""Results that may always be shared; NODEF is what a license does not speak of."""


def row(their, usage):
    return next((each for each in their["terms"] if usage in each["usages"]), {"result": "NODEF"})


def right(name):
    return lambda their: yes(name in their["rights"])


def category(name):
    return lambda their: yes(name in their["categories"])


def asked(restriction):
    """Look for a restriction among those on redistribution, on copies and on changed works."""
    return lambda their: yes(
        restriction in their["redistribute"]
        or any(restriction in row(their, usage).get("restrictions", ()) for usage in ("copy", "modify"))
    )


def shared(their, usage):
    result = row(their, usage)["result"]
    return result in FREE or result in their["coverage"]


def their_other_terms(their):
    words = {True: "yes", False: "no", "conditional": "with the same restrictions"}
    changed = row(their, "modify")
    return "yes" if changed["result"] in FREE else words[changed["relicense"]]


def their_hosting_bound(their):
    return yes("saas" in row(their, "copy")["forms"] and row(their, "copy")["result"] not in FREE)


def their_training_on_outputs(their):
    trained = row(their, "distill")
    words = {"conditional": "derivative-flowdown", False: "same-license"}
    return FREE.get(trained["result"]) or words[trained["relicense"]]


def their_fine_tuning(their):
    if not {"software", "model"} & set(their["categories"]):
        return None
    return "as a change" if row(their, "train")["result"] == row(their, "modify")["result"] else "silent"


def their_training(their):
    return FREE[row(their, "train")["result"]] if "data" in their["categories"] else None


# What Data Provenance says

CLASS = {"All": "yes", "NC": "no", "Acad": "no", "Unspecified": "unclear", "?": "unknown"}
FLAG = {"1": "yes", "0": "no", "?": "unknown"}


def attribution(our):
    """A label is a word without terms, so what it asks for is unknown."""
    return "unknown" if our.category == "label" else duty("attribution", "notice")(our)


TERMS = {
    "ModelGo": {
        "commercial use": (right("commercial_use"), use("commercial")),
        "passing copies on": (
            lambda their: yes("redistribute" in their["rights"] and shared(their, "copy")),
            use("redistribution"),
        ),
        "making changes": (right("modify"), lambda our: GRANTED[our.derivatives.permission]),
        "passing changed works on": (lambda their: yes(shared(their, "modify")), changes_passed_on),
        "other terms for changed works": (their_other_terms, other_terms),
        "share-alike": (category("copyleft"), share_alike),
        "terms for hosting": (their_hosting_bound, hosting_bound),
        "keep notices": (asked("include_notice"), duty("notice", "attribution")),
        "give the license": (asked("include_license"), duty("license-copy")),
        "state changes": (asked("state_changes"), duty("state-changes")),
        "disclose the source": (category("disclose"), duty("source-code")),
        "use restrictions": (asked("include_use_restriction"), duty("use-restrictions")),
        "outputs": (lambda their: FREE.get(row(their, "generate")["result"], "bound"), outputs),
        "training on outputs": (their_training_on_outputs, training_on_outputs),
        "fine-tuning": (their_fine_tuning, fine_tuning),
        "training on the data": (their_training, training),
    },
    "Data Provenance": {
        "commercial use": (lambda their: CLASS[their[0]], use("commercial")),
        "attribution": (lambda their: FLAG[their[1]], attribution),
        "share-alike": (lambda their: FLAG[their[2]], share_alike),
    },
}


# The comparison


def licenses_of(peer):
    """Give a peer's licenses by the names that it uses; skip where its files are not beside this checkout."""
    missing = [path.name for path in FILES[peer] if not path.exists()]
    if missing:
        pytest.skip(f"not beside this checkout: {peer}'s {' and '.join(missing)}")
    if peer == "ModelGo":
        return {each["short_id"]: each for each in yaml.safe_load(FILES[peer][0].read_text(encoding="utf-8"))[1:]}
    return {name: flags for path in FILES[peer] for name, flags in json.loads(path.read_text(encoding="utf-8")).items()}


def both_have(peer, catalog):
    """Give name, theirs and ours of each license that both have."""
    for name, their in licenses_of(peer).items():
        if name in OTHERS:
            continue
        try:
            yield name, their, license_named(catalog, NAMES.get(name, name))
        except UnknownIdError:
            continue


def compared(peer, name, their, our):
    """Give each term that both speak of as a row without its reason."""
    for term, (read_theirs, read_ours) in TERMS[peer].items():
        said, says = read_theirs(their), read_ours(our)
        if None not in (said, says):
            yield {"peer": peer, "name": name, "license": our.id, "term": term, "theirs": said, "ours": says}


def comparison(peer, catalog):
    return [each for name, their, our in both_have(peer, catalog) for each in compared(peer, name, their, our)]


def differ(rows):
    return [each for each in rows if each["theirs"] != each["ours"]]


@pytest.mark.parametrize("peer", FILES)
def test_the_disagreements_are_those_that_are_written_down(built_in, peer):
    bare = [{key: row[key] for key in row if key not in ("text", "clause", "why")} for row in WRITTEN["disagreements"]]
    assert differ(comparison(peer, built_in)) == [row for row in bare if row["peer"] == peer]


@pytest.mark.parametrize("peer", FILES)
def test_as_much_is_compared_as_the_page_says(built_in, peer):
    rows = comparison(peer, built_in)
    assert WRITTEN["compared"][peer] == {
        "licenses": len({row["license"] for row in rows}),
        "names": len({row["name"] for row in rows}),
        "terms": len(rows),
        "agree": len(rows) - len(differ(rows)),
    }


def test_names_that_are_no_alias_are_theirs_and_lead_to_a_license(built_in):
    known = {name for peer in FILES for name in licenses_of(peer)}
    assert {*NAMES, *OTHERS} <= known
    for name, license_id in NAMES.items():
        with pytest.raises(UnknownIdError):
            license_named(built_in, name)
        assert built_in.get_as(License, license_id)


def test_every_reason_names_a_clause_of_a_text_that_the_entry_cites(built_in):
    for row in WRITTEN["disagreements"]:
        our = built_in.get_as(License, row["license"])
        assert row["text"] in {source.path or source.url for source in our.sources.values()}, row
        assert row["clause"]
        assert len(row["why"].split()) > 5, row


@pytest.mark.parametrize(
    ("change", "term"),
    [
        ({"share_alike": "adaptations"}, "share-alike"),
        ({"duties": ()}, "state changes"),
        ({"reaches_models": False}, "training on the data"),
    ],
)
def test_a_term_that_changes_is_a_new_disagreement(built_in, change, term):
    their = licenses_of("ModelGo")["CC-BY-NC-4.0"]
    our = built_in.get_as(License, "CC-BY-NC-4.0")
    before, after = (
        {row["term"] for row in differ(compared("ModelGo", "CC-BY-NC-4.0", their, each))}
        for each in (our, our.model_copy(update=change))
    )
    assert term in after - before
