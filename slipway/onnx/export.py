"""From a fitted model to the bytes of an ONNX model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from slipway.onnx import scikit_learn  # noqa: F401 (registers its exporter)
from slipway.onnx.canonical import canonical_bytes
from slipway.onnx.exporters import exporter_for
from slipway.onnx.frame import require_columns
from slipway.task import TaskSpec

if TYPE_CHECKING:
    import pandas as pd


def export_model(model: Any, task: TaskSpec, *, name: str, rows: pd.DataFrame | None = None) -> bytes:
    """Convert a fitted model, preprocessing inside, to ONNX; the same model always gives the same bytes.

    Args:
        model: a fitted model of a registered framework.
        task: names the features, which become the inputs: `[rows, 1]` each, FP32 or BYTES.
        name: of the graph.
        rows: rows that the model was fitted on; when given, their column types are checked.

    Returns:
        A checked ONNX model with the outputs of `slipway.onnx.outputs.OUTPUTS`.

    Raises:
        ExportError: no exporter handles the model, a column has an unsuitable type, or a step of
            the model has no faithful conversion.
    """
    if rows is not None:
        require_columns(rows, task, failed=f"Cannot export '{name}' to ONNX")
    converted = exporter_for(model, name=name).convert(model, task, name)
    return canonical_bytes(converted, task, name=name)
