#!/bin/bash
set -e
hf download Salesforce/blip-image-captioning-base --quiet
hf download --repo-type dataset HuggingFaceFW/fineweb sample.parquet
vllm serve \
  Qwen/Qwen3-8B \
  --port 8000
ollama pull qwen2.5:7b
ollama run phi3
llama-server -hf ggml-org/gemma-3-4b-it-GGUF:Q8_0 --port 80
export MODEL="01-ai/Yi-6B-Chat"
MODEL_NAME=${1:-stabilityai/stablelm-3b-4e1t}
python train.py --model_name_or_path gpt2 --dataset_name own-rows --output_dir out/gpt
accelerate launch sft.py model.name=HuggingFaceTB/SmolLM-135M data.path=./rows
# vllm serve not/used
docker run -v /data:/data ghcr.io/owner/image:1.0
git clone https://huggingface.co/microsoft/phi-1_5
tar czf out/model.tgz models/final
