"""Make datasets again: recipe, inputs, makers step by step, record, data card and its verification."""
