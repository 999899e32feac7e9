"""The objectives that come with llmreg, apart from sft; each module is a plugin."""
