"""The methods that come with llmreg, one module each; they enter by the same door as anybody else's."""
