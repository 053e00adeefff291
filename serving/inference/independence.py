"""Whether a model answers each row by itself, so that requests may be joined.

A free first dimension does not say so: a softmax or a normalisation over the batch would mix the
requests of two clients. So it is tried out, with rows that differ.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from slipway.onnx.session import Tensor

Run = Callable[[dict[str, Tensor]], Sequence[Tensor]]

# Matrix kernels add up in another order for another number of rows.
_RELATIVE = 1e-3
_HALF_RELATIVE = 2.0**-8  # four steps of FP16
_ABSOLUTE = 1e-5


def rows_are_independent(run: Run, inputs: dict[str, Tensor]) -> bool:
    """Compare the answers to all rows of `inputs` at once with those to each row alone.

    `inputs` has two rows or more. A run that fails makes the answer no.
    """
    try:
        together = run(inputs)
        rows = len(next(iter(inputs.values())))
        alone = [run({name: values[row : row + 1] for name, values in inputs.items()}) for row in range(rows)]
    except Exception:  # ONNX Runtime's exceptions share no base but Exception
        return False
    return all(_same(output, [answers[position] for answers in alone]) for position, output in enumerate(together))


def _same(together: Tensor, alone: list[Tensor]) -> bool:
    if together.shape[:1] != (len(alone),) or any(each.shape != (1, *together.shape[1:]) for each in alone):
        return False
    joined = np.concatenate(alone)
    if together.dtype.kind == "f":
        relative = _HALF_RELATIVE if together.dtype.itemsize == 2 else _RELATIVE
        return np.allclose(together, joined, rtol=relative, atol=_ABSOLUTE, equal_nan=True)
    return np.array_equal(together, joined)
