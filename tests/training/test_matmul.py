import subprocess
import sys

import pytest

from llmreg.training.matmul import fast_products


@pytest.fixture
def numbers():
    import torch

    return torch.Generator().manual_seed(0)


def test_products_and_their_gradients_are_those_of_torch_to_rounding(numbers):
    import torch

    layer = torch.nn.Linear(48, 33)
    inputs = torch.randn(2, 7, 48, generator=numbers, requires_grad=True)

    def found():
        outputs = layer(inputs)
        return outputs, *torch.autograd.grad(outputs.square().sum(), (inputs, *layer.parameters()))

    expected = found()
    with fast_products():
        for ours, theirs in zip(found(), expected, strict=True):
            torch.testing.assert_close(ours, theirs, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("dtype", ["float64", "bfloat16", "int64"])
def test_other_precisions_are_left_to_torch_bit_for_bit(numbers, dtype):
    import torch

    a, b = (torch.randint(-9, 9, shape, generator=numbers).to(getattr(torch, dtype)) for shape in ((5, 7), (7, 3)))
    expected = a @ b
    with fast_products():
        assert torch.equal(a @ b, expected)
        assert (a @ b).dtype == expected.dtype


def test_odd_shapes_and_scaled_sums_come_out_as_without(numbers):
    import torch

    a, b, c = (torch.randn(shape, generator=numbers) for shape in ((5, 7), (7, 3), (5, 3)))
    with fast_products():
        assert (torch.randn(0, 7) @ b).shape == (0, 3)
        assert torch.equal(torch.randn(4, 0) @ torch.randn(0, 3), torch.zeros(4, 3))
        torch.testing.assert_close(torch.addmm(c, a, b, beta=0.5, alpha=2.0), 0.5 * c + 2.0 * (a @ b))
        torch.testing.assert_close(torch.addmm(c[0], a, b), c[0] + a @ b)
        torch.testing.assert_close(a.t()[::2] @ c, a.t().contiguous()[::2] @ c)


def test_what_was_before_holds_again_afterwards(numbers):
    import torch

    a, b = torch.randn(64, 64, generator=numbers), torch.randn(64, 64, generator=numbers)
    before = a @ b
    with pytest.raises(RuntimeError, match="planned"), fast_products():
        raise RuntimeError("planned")
    assert torch.equal(a @ b, before)


def test_memory_does_not_grow_with_the_number_of_shapes():
    program = """
import torch
from pathlib import Path
from llmreg.training.matmul import fast_products

def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) / 256

weight = torch.ones(512, 128)
with fast_products():
    torch.nn.functional.linear(torch.ones(1, 128), weight)
    before = resident()
    for rows in range(2, 400):
        torch.nn.functional.linear(torch.ones(rows, 128), weight)
    print(resident() - before)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert float(done.stdout) < 120  # MiB; without a limit it is about 300
