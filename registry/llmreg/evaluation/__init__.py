"""Evaluation: tasks that score a model on rows, with standard errors; models and rows only, no catalog."""
