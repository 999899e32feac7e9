"""Say what a model takes and gives, from the task and the architecture that its card states."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

_TASKS: dict[str, str] = {
    **dict.fromkeys(
        ("conversational", "fill-mask", "question-answering", "sentence-similarity", "summarization",
         "table-question-answering", "text-classification", "text-generation", "text-ranking", "text2text-generation",
         "token-classification", "translation", "zero-shot-classification"),
        "text",
    ),
    **dict.fromkeys(
        ("depth-estimation", "image-classification", "image-feature-extraction", "image-segmentation", "image-to-image",
         "keypoint-detection", "mask-generation", "object-detection", "unconditional-image-generation"),
        "image",
    ),
    **dict.fromkeys(
        ("document-question-answering", "image-text-to-image", "image-text-to-text", "image-to-text", "text-to-image",
         "visual-document-retrieval", "visual-question-answering", "zero-shot-image-classification",
         "zero-shot-object-detection"),
        "text image",
    ),
    **dict.fromkeys(
        ("audio-text-to-text", "automatic-speech-recognition", "text-to-audio", "text-to-speech",
         "zero-shot-audio-classification"),
        "text audio",
    ),
    **dict.fromkeys(("audio-classification", "audio-to-audio", "voice-activity-detection"), "audio"),
    **dict.fromkeys(("text-to-video", "video-text-to-text"), "text video"),
    **dict.fromkeys(("image-text-to-video",), "text image video"),
    **dict.fromkeys(("image-to-video",), "image video"),
    **dict.fromkeys(("video-classification", "video-to-video"), "video"),
}  # fmt: skip
"""The Hub's tasks; `any-to-any` and the like do not tell."""
_ARCHITECTURES: dict[str, str] = {
    **dict.fromkeys(
        ("bert", "bloom", "codegen", "deberta", "deberta-v2", "distilbert", "falcon", "gemma", "gemma2", "gemma3_text",
         "gpt2", "gpt_bigcode", "gpt_neo", "gpt_neox", "gpt_oss", "gptj", "llama", "mamba", "mistral", "mixtral", "mpt",
         "mt5", "olmo", "olmo2", "opt", "phi", "phi3", "qwen2", "qwen2_moe", "qwen3", "qwen3_moe", "roberta",
         "starcoder2", "t5", "xlm-roberta"),
        "text",
    ),
    **dict.fromkeys(
        ("blip", "blip-2", "clip", "gemma3", "idefics", "idefics2", "idefics3", "instructblip", "llama4", "llava",
         "llava_next", "mllama", "paligemma", "qwen2_5_vl", "qwen2_vl", "qwen3_vl"),
        "text image",
    ),
    **dict.fromkeys(("whisper",), "text audio"),
}  # fmt: skip
"""The `model_type` of a configuration, where transformers has it among its models of text alone, or of both."""
_BEYOND_TEXT = {"any-to-any", "audio", "image", "multimodal", "omni", "video", "vision", "vision-language", "vlm"}
"""Tags that tell of more than text, and not of what."""


def modality(tasks: Iterable[Any], tags: Iterable[str] = (), architecture: Any = None) -> list[str]:
    """Return what the stated tasks, the tags and the architecture say together; nothing where that does not decide."""
    tags, stated = [tag.casefold() for tag in tags], [task for task in tasks if task]
    told = [_TASKS.get(task) if isinstance(task, str) else None for task in stated]
    if None in told:
        return []
    hints = [*(_TASKS.get(tag) for tag in tags), _ARCHITECTURES.get(str(architecture))]
    kinds = dict.fromkeys(kind for words in (*told, *hints) if words for kind in words.split())
    return [] if [*kinds] == ["text"] and not _BEYOND_TEXT.isdisjoint(tags) else [*kinds]
