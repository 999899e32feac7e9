import ollama
import open_clip
import timm
from diffusers import StableDiffusionPipeline
from openai import OpenAI
from peft import PeftModel
from trl import SFTTrainer
from unsloth import FastLanguageModel
import transformers as tf

BASE = "meta-llama/Llama-2-7b-hf"
ADAPTER = "timdettmers/guanaco-7b"


class Settings:
    embedder = "thenlper/gte-small"

    def load(self):
        return tf.AutoModel.from_pretrained(self.embedder)


def build(fast: bool):
    base = tf.AutoModelForCausalLM.from_pretrained(BASE)
    model = PeftModel.from_pretrained(base, ADAPTER)
    pick = "google/flan-t5-small" if fast else "google/flan-t5-xxl"
    t5 = tf.T5ForConditionalGeneration.from_pretrained(pick)
    unsloth, _ = FastLanguageModel.from_pretrained(model_name="unsloth/mistral-7b-bnb-4bit", max_seq_length=2048)
    trainer = SFTTrainer(model="facebook/opt-350m", train_dataset=None)
    image = StableDiffusionPipeline.from_pretrained("runwayml/stable-diffusion-v1-5")
    vision = timm.create_model("hf_hub:timm/vit_base_patch16_224.augreg_in21k", pretrained=True)
    resnet = timm.create_model("resnet50", pretrained=True)
    clip, _, _ = open_clip.create_model_and_transforms("hf-hub:laion/CLIP-ViT-B-32-laion2B-s34B-b79K")
    reply = ollama.generate(model="gemma:2b", prompt="a/b")
    client = OpenAI(base_url="http://localhost:8000/v1")
    answer = client.chat.completions.create(model="NousResearch/Hermes-2-Pro-Mistral-7B", messages=[])
    return [model, t5, unsloth, trainer, image, vision, resnet, clip, reply, answer]


config = {
    "base_model": "mosaicml/mpt-7b",
    "datasets": [{"path": "teknium/OpenHermes-2.5", "type": "chat_template"}],
    "mime": "image/png",
    "ratio": "train/test",
    "timezone": "Europe/Berlin",
}
