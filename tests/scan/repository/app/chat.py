"""Chat with meta-llama/Llama-2-7b-chat-hf; this sentence is documentation and no use."""
import os

import torch
from langchain_community.embeddings import HuggingFaceBgeEmbeddings as Bge
from langchain_huggingface import ChatHuggingFace, HuggingFaceEmbeddings, HuggingFaceEndpoint
from langchain_ollama import ChatOllama
from llama_index.embeddings.huggingface import HuggingFaceEmbedding
from llama_index.llms.ollama import Ollama
from sentence_transformers import CrossEncoder, SentenceTransformer
from transformers import AutoModelForCausalLM, AutoTokenizer, pipeline
from vllm import LLM, SamplingParams

MODEL = "mistralai/Mistral-7B-Instruct-v0.2"
OWNER, NAME = "lmsys", "vicuna-13b-v1.5"
GUARD_MODEL: str = "meta-llama/LlamaGuard-7b"
FALLBACKS = {"small_model": "microsoft/phi-2", "note": "a/b"}

model = AutoModelForCausalLM.from_pretrained(MODEL, torch_dtype=torch.float16)
tokenizer = AutoTokenizer.from_pretrained(f"{OWNER}/{NAME}")
plain = pipeline("text-generation", "EleutherAI/pythia-1b")
keyed = pipeline(task="fill-mask", model="bert-base-uncased")
reward = pipeline("text-classification", model="OpenAssistant/reward-model-deberta-v3-large-v2")
embed = SentenceTransformer("all-MiniLM-L6-v2")
ranker = CrossEncoder("cross-encoder/ms-marco-MiniLM-L-6-v2")
engine = LLM(model="Qwen/Qwen2.5-7B-Instruct", dtype="bfloat16")
ollama = ChatOllama(model="llama3.1:8b", temperature=0)
index = Ollama(model="mistral")
vectors = HuggingFaceEmbeddings(model_name="BAAI/bge-small-en-v1.5")
bge = Bge(model_name="BAAI/bge-large-en")
node = HuggingFaceEmbedding(model_name="intfloat/e5-base-v2")
endpoint = HuggingFaceEndpoint(repo_id="HuggingFaceH4/zephyr-7b-beta")
chat = ChatHuggingFace(llm=endpoint, model_id="HuggingFaceH4/zephyr-7b-alpha")
chosen = os.environ.get("CHAT_MODEL", "google/gemma-7b-it")
device = "cuda/0"
kind = "application/json"
params = SamplingParams(temperature=0.7)
local = AutoModelForCausalLM.from_pretrained("./checkpoints/final")
saved = AutoModelForCausalLM.from_pretrained("outputs/run-1")
url = "https://huggingface.co/bigscience/bloom-560m"
page = "https://huggingface.co/docs/transformers/index"
elsewhere = "https://github.com/huggingface/transformers"
