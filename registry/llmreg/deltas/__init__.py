"""Files that make models: deltas and XOR files, made from a model and its base, or applied to a base."""
