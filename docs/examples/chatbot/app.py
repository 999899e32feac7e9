"""A small chatbot."""

import argparse

from datasets import load_dataset
from transformers import AutoModelForCausalLM, pipeline

BASE = "huggyllama/llama-7b"

parser = argparse.ArgumentParser()
parser.add_argument("--model", default="HuggingFaceH4/zephyr-7b-beta")

model = AutoModelForCausalLM.from_pretrained(BASE)
summary = pipeline("summarization", model="nobody/knows-this-model")
rows = load_dataset("databricks/databricks-dolly-15k")
