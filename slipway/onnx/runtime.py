"""ONNX Runtime, told to keep what it sees to itself.

From 1.32 on it reports usage to its makers, on Linux too, unless this variable is set before it is
loaded: so nothing but this module imports it.
"""

from __future__ import annotations

import os

os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

import onnxruntime as ort

__all__ = ["ort"]
