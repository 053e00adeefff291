"""The space in which clusterings are compared: the same for every model."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from slipway.evaluation.predictions import Floats
from slipway.task import TaskSpec


def standardised_space(rows: pa.Table, reference: pa.Table, task: TaskSpec) -> Floats:
    """Place rows by their numeric features, median-imputed and scaled by a reference table.

    Returns:
        `[rows, numeric features]`; a feature constant in the reference contributes nothing.
    """
    columns = [_standardise(_values(rows, name), _values(reference, name)) for name in task.numeric]
    return np.column_stack(columns) if columns else np.zeros((rows.num_rows, 1))


def _values(table: pa.Table, name: str) -> Floats:
    return np.asarray(table.column(name).cast(pa.float64()).to_numpy(zero_copy_only=False), dtype=np.float64)


def _standardise(values: Floats, reference: Floats) -> Floats:
    median, mean, spread = np.nanmedian(reference), np.nanmean(reference), np.nanstd(reference)
    filled = np.where(np.isnan(values), median, values)
    return np.asarray((filled - mean) / spread if spread > 0 else np.zeros_like(filled))
