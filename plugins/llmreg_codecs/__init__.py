"""The codecs that come with llmreg: how files that make models are made and applied; each module is a plugin."""
