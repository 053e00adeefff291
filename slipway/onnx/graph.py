"""What the converters written for skl2onnx share."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import helper


def add_constant(seed: str, values: NDArray[np.generic], scope: Any, container: Any) -> str:
    """Add an initializer to a graph under construction and return its name, made from `seed`."""
    name = str(scope.get_unique_variable_name(seed))
    kind = helper.np_dtype_to_tensor_dtype(values.dtype)
    container.add_initializer(name, kind, list(values.shape), values.ravel().tolist())
    return name


def new_names(scope: Any, *seeds: str) -> tuple[str, ...]:
    """Unused value names, one for each seed."""
    return tuple(str(scope.get_unique_variable_name(seed)) for seed in seeds)
