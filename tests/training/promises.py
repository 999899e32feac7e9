"""What the tests of exactness make of a promise: a function that raises `AssertionError` where it is broken."""

from llmreg.objective import Sample
from llmreg.training.flat import join
from llmreg.training.pack import pack


def packed(examples, length):
    """Examples put together as packing does, each row of them as one example."""
    chosen = pack([Sample({"answer": example}) for example in examples], length)
    return [join([sample.parts["answer"] for sample in samples]) for samples in chosen]


def broken(promise, *arguments, **options):
    """Tell whether a promise does not hold."""
    try:
        promise(*arguments, **options)
    except AssertionError:
        return True
    return False
