"""What the tests of exactness make of a promise: a function that raises `AssertionError` where it is broken."""


def broken(promise, *arguments, **options):
    """Tell whether a promise does not hold."""
    try:
        promise(*arguments, **options)
    except AssertionError:
        return True
    return False
