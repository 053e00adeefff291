"""The tensors of a DataFrame's rows, and what the DataFrame of a tabular model must be.

Numeric columns are float32 and categorical ones strings, exactly what the model is sent when it
serves: a model fitted on float64 splits between values that its server cannot tell apart.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from slipway.errors import ExportError
from slipway.onnx.columns import tensors_from_table
from slipway.onnx.session import Tensor
from slipway.onnx.signature import ModelSignature
from slipway.task import TaskSpec

if TYPE_CHECKING:
    import pandas as pd


def frame_tensors(frame: pd.DataFrame, signature: ModelSignature) -> dict[str, Tensor]:
    """Make the input tensors of a frame's rows, through the same conversion as a served table."""
    table = pa.Table.from_pandas(frame[list(signature.input_names)], preserve_index=False)
    return tensors_from_table(table, signature)


def require_columns(frame: pd.DataFrame, task: TaskSpec, *, failed: str) -> None:
    """Refuse a frame whose columns are not what a served model is sent.

    Raises:
        ExportError: a feature is absent, numeric and not float32, or categorical and not all `str`.
    """
    missing = [name for name in task.features if name not in frame.columns]
    if missing:
        raise ExportError(
            f"{failed}: the rows lack column '{missing[0]}'",
            expected=", ".join(task.features),
            got=", ".join(str(name) for name in frame.columns),
            cure="Pass the feature columns of the task.",
        )
    for name in task.features:
        _require_dtype(frame[name], is_numeric=name in task.numeric, failed=failed)


def _require_dtype(column: pd.Series, *, is_numeric: bool, failed: str) -> None:
    expected = "float32" if is_numeric else "string"
    if (column.dtype == "float32") if is_numeric else _is_text(column):
        return
    raise ExportError(
        f"{failed}: column '{column.name}' is {_described(column)}, expected {expected}",
        cure='Cast it in the preprocessing step: numbers to float32, categories to str, "" where missing.',
    )


def _is_text(column: pd.Series) -> bool:
    return column.dtype in ("object", "string") and all(type(value) is str for value in column)


def _described(column: pd.Series) -> str:
    if column.dtype != "object":
        return str(column.dtype)
    strangers = {type(value).__name__ for value in column if type(value) is not str}
    return f"object (holds {', '.join(sorted(strangers))})"
