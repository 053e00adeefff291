"""Outputs of the protocol compared: shortest FP32 text and its double differ in digits, not in value."""

import numpy as np


def same_outputs(given, expected):
    """Tell whether two lists of the protocol's output objects name, type and hold the same."""
    return len(given) == len(expected) and all(map(_same, given, expected))


def _same(given, expected):
    if any(given[key] != expected[key] for key in ("name", "datatype", "shape")):
        return False
    if expected["datatype"] in {"FP16", "FP32", "FP64"}:
        numbers = [np.array(each["data"], dtype=np.float64) for each in (given, expected)]
        return np.allclose(*numbers, rtol=1e-6, atol=1e-7, equal_nan=True)
    return given["data"] == expected["data"]
