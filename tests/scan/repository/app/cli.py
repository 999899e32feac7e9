import argparse
from dataclasses import dataclass, field
from typing import Annotated

import typer
from datasets import load_dataset
from huggingface_hub import hf_hub_download, snapshot_download

parser = argparse.ArgumentParser()
parser.add_argument("--model-name", type=str, default="tiiuae/falcon-7b", help="as in owner/name")
parser.add_argument("--dataset", default="databricks/databricks-dolly-15k")
parser.add_argument("--output", default="results/2024")
parser.add_argument("--unit", choices=["tokens/s", "samples/s"])


def run(
    base_model: str = "huggyllama/llama-13b",
    dataset: Annotated[str, typer.Option(help="owner/name")] = "OpenAssistant/oasst1",
    model: str = typer.Option("openlm-research/open_llama_3b", help="x"),
    schedule: str = "cosine/linear",
) -> None:
    snapshot_download(repo_id="bigscience/bloomz-560m", revision="main")
    snapshot_download("anon8231489123/ShareGPT_Vicuna_unfiltered", repo_type="dataset")
    hf_hub_download("TheBloke/guanaco-33B-GGUF", "guanaco-33b.Q4_K_M.gguf")
    load_dataset("tatsu-lab/alpaca", split="train")
    load_dataset("json", data_files="data/rows.json")
    load_dataset("csv", data_files={"train": "data/a.csv"})
    load_dataset(path="Anthropic/hh-rlhf", data_dir="helpful-base")


@dataclass
class Arguments:
    model_name_or_path: str = field(default="facebook/opt-125m", metadata={"help": "x/y"})
    data_path: str = field(default="data/train")
    tokenizer_name: str | None = None
