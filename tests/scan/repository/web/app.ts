import { pipeline, AutoTokenizer } from '@huggingface/transformers';
import { HfInference } from "@huggingface/inference";
import { ChatOllama } from "@langchain/ollama";
import path from "node/path";

const MODEL = "Xenova/distilbert-base-uncased-finetuned-sst-2-english";
const classify = await pipeline("sentiment-analysis", MODEL);
const embed = await pipeline<"feature-extraction">('feature-extraction', 'Xenova/all-MiniLM-L6-v2');
const tokenizer = await AutoTokenizer.from_pretrained("Xenova/gpt2");
const hf = new HfInference(process.env.HF_TOKEN);
const out = await hf.textGeneration({ model: "HuggingFaceH4/starchat-beta", inputs: "a/b" });
const llm = new ChatOllama({ model: "mistral:7b", baseUrl: "http://localhost:11434" });
const fallback = process.env.MODEL_ID ?? "google/gemma-2-2b-it";
// const old = await pipeline("text", "not/used");
/* "also/not" */
fetch("/api/chat", { headers: { "Content-Type": "application/json" } });
const route = "users/list";
const icon = "icons/model.svg";
