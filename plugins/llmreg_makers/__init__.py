"""The makers that come with llmreg: how rows of datasets are made; each module is a plugin."""
