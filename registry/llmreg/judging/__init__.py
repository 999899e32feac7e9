"""Judging: let a model or a person compare systems' answers, and write ratings that `llmreg.ratings` reads."""
