"""The nano family: data that the project makes itself, and a tokenizer for it, small enough for any machine."""
