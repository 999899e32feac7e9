"""Readers for datasets as they are published, one module each, by the name that a recipe's `data.reader` gives."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmreg.training.formats import (
    alpaca,
    dolly,
    hc3,
    hh,
    oasst,
    oig,
    pairs,
    sharegpt,
    shp,
    static,
    tasks,
    text,
    tldr,
    ultrafeedback,
    webgpt,
)

if TYPE_CHECKING:
    from llmreg.training.formats.reader import Reader

READERS: dict[str, Reader] = {
    "text": text.TEXT,
    "alpaca": alpaca.ALPACA,
    "alpaca-libre": alpaca.ALPACA_LIBRE,
    "prompt-completion": pairs.PROMPT_COMPLETION,
    "prompt-response": pairs.PROMPT_RESPONSE,
    "input-output": pairs.INPUT_OUTPUT,
    "seed-tasks": tasks.SEED_TASKS,
    "unnatural-instructions": tasks.UNNATURAL,
    "dolly": dolly.DOLLY,
    "sharegpt": sharegpt.SHAREGPT,
    "oasst-best": oasst.OASST_BEST,
    "oasst-all": oasst.OASST_ALL,
    "oasst-guanaco": oasst.OASST_GUANACO,
    "hh-chosen": hh.HH_CHOSEN,
    "hh-rejected": hh.HH_REJECTED,
    "hc3": hc3.HC3,
    "hc3-human": hc3.HC3_HUMAN,
    "hc3-chatgpt": hc3.HC3_CHATGPT,
    "oig": oig.OIG,
    "webgpt": webgpt.WEBGPT,
    "tldr": tldr.TLDR,
    "tldr-comparisons": tldr.TLDR_COMPARISONS,
    "hh-pairs": hh.HH_PAIRS,
    "webgpt-pairs": webgpt.WEBGPT_PAIRS,
    "tldr-pairs": tldr.TLDR_PAIRS,
    "ultrafeedback": ultrafeedback.ULTRAFEEDBACK,
    "shp": shp.SHP,
    "rm-static": static.RM_STATIC,
}
