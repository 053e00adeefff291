"""Whether an answer is the one that was recorded with a bundle."""

from __future__ import annotations

import numpy as np

from slipway.onnx.session import Tensor
from slipway.onnx.signature import Datatype

# The default tolerances of the parity certificate; a coarser datatype has two of its own steps.
_ABSOLUTE = 1e-4
_RELATIVE = {Datatype.FP16: 2.0**-9, Datatype.BF16: 2.0**-6}
_USUAL_RELATIVE = 1e-3


def is_recorded_answer(datatype: Datatype, recorded: Tensor, answer: Tensor) -> bool:
    """Compare two arrays of one datatype: integers and text exactly, floats within the tolerance.

    JSON has no NaN and no infinity: either was recorded as null, which reads as NaN.
    """
    if recorded.shape != answer.shape or recorded.dtype != answer.dtype:
        return False
    if recorded.dtype.kind != "f":
        return np.array_equal(recorded, answer)
    expected = np.asarray(recorded, np.float64)
    got = np.where(np.isfinite(answer), np.asarray(answer, np.float64), np.nan)
    relative = _RELATIVE.get(datatype, _USUAL_RELATIVE)
    return np.allclose(got, expected, rtol=relative, atol=_ABSOLUTE, equal_nan=True)
