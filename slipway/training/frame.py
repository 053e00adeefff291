"""Tables as the data frames that scikit-learn takes: float32 numbers, plain strings."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from slipway.errors import TrainingError
from slipway.onnx.columns import MISSING_CATEGORY
from slipway.task import TaskKind, TaskSpec

if TYPE_CHECKING:
    import pandas as pd

Target = NDArray[np.int64] | NDArray[np.float32]


def features_frame(table: pa.Table, task: TaskSpec) -> pd.DataFrame:
    """Build the frame of the task's features, in the order of the model's inputs.

    Numbers become float32, as the served model gets them: a model trained on float64 would see
    other values in production. A missing number is NaN, a missing category the empty string.

    Raises:
        TrainingError: a column is missing, is no number, or holds infinities.
    """
    import pandas as pd

    _require_columns(table, task.features)
    numbers = {name: _numbers(table.column(name), name) for name in task.numeric}
    texts = {name: _texts(table.column(name)) for name in task.categorical}
    return pd.DataFrame({**numbers, **texts}, columns=list(task.features))


def target_array(table: pa.Table, task: TaskSpec) -> Target | None:
    """Return the target, or None for a task that has none.

    Raises:
        TrainingError: it is missing, holds nulls, NaN or infinities, or has one class only.
    """
    if task.target is None:
        return None
    _require_columns(table, (task.target,))
    values = table.column(task.target).cast(pa.float64()).to_numpy(zero_copy_only=False)
    bad = int(np.count_nonzero(~np.isfinite(values)))
    if bad:
        raise TrainingError(
            f"Target '{task.target}' is missing or infinite in {bad:,} of {values.size:,} rows",
            expected="a finite value in each row",
            cure="Drop those rows in the query.",
        )
    if task.kind is TaskKind.CLASSIFICATION:
        return _classes(values, task.target)
    return np.asarray(values, dtype=np.float32)


def _classes(values: NDArray[np.float64], name: str) -> NDArray[np.int64]:
    found = np.unique(values)
    if not np.isin(found, (0, 1)).all():
        raise TrainingError(
            f"Target '{name}' is not a class",
            expected="0 or 1",
            got=", ".join(f"{value:g}" for value in found[:5]),
            cure="Compute the class in the query.",
        )
    if found.size < 2:
        raise TrainingError(
            f"Target '{name}' has one class only",
            expected="rows of class 0 and of class 1",
            got=f"{values.size:,} rows of class {found[0]:g}" if found.size else "no rows",
            cure="Check the condition that makes the target, or choose rows that hold both.",
        )
    return np.asarray(values, dtype=np.int64)


def _numbers(column: pa.ChunkedArray, name: str) -> NDArray[np.float32]:
    try:
        values = column.cast(pa.float32()).to_numpy(zero_copy_only=False)
    except pa.ArrowException as error:
        raise TrainingError(
            f"Feature '{name}' is not a number",
            got=str(column.type),
            cure="Cast it in the query, or list it under `categorical`.",
        ) from error
    infinite = int(np.count_nonzero(np.isinf(values)))
    if infinite:
        raise TrainingError(
            f"Feature '{name}' is infinite in {infinite:,} of {values.size:,} rows",
            expected="finite numbers, or missing ones",
            cure="Find the division or logarithm that makes them, or set them to NULL in the query.",
        )
    return np.asarray(values, dtype=np.float32)


def _texts(column: pa.ChunkedArray) -> NDArray[np.object_]:
    texts = column.cast(pa.string()).fill_null(MISSING_CATEGORY)
    return np.asarray(texts.to_numpy(zero_copy_only=False), dtype=object)


def _require_columns(table: pa.Table, names: tuple[str, ...]) -> None:
    missing = [name for name in names if name not in table.column_names]
    if missing:
        raise TrainingError(
            f"The rows lack column {', '.join(map(repr, missing))}",
            expected=", ".join(names),
            got=", ".join(table.column_names),
            cure="Select it in the query, or remove it from the task.",
        )
