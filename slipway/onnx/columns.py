"""Between a table's columns and a model's input tensors."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from slipway.errors import InferenceError
from slipway.onnx.session import Tensor
from slipway.onnx.signature import Datatype, ModelSignature, TensorSpec

MISSING_CATEGORY = ""


def tensors_from_table(table: pa.Table, signature: ModelSignature) -> dict[str, Tensor]:
    """One `[rows, 1]` tensor for each input, from the column of the same name.

    A missing number becomes NaN and a missing string the empty string: the graph's own
    preprocessing decides what they mean.

    Raises:
        InferenceError: a column is missing or cannot be read as the input's datatype.
    """
    missing = [name for name in signature.input_names if name not in table.column_names]
    if missing:
        raise InferenceError(
            f"The rows lack {len(missing)} of the model's inputs: {', '.join(missing)}",
            expected=", ".join(signature.input_names),
            got=", ".join(table.column_names),
            cure="Add the columns; leave a value empty where it is unknown.",
        )
    return {spec.name: _tensor(table.column(spec.name), spec) for spec in signature.inputs}


def _tensor(column: pa.ChunkedArray, spec: TensorSpec) -> Tensor:
    values = _strings(column) if spec.datatype is Datatype.BYTES else _numbers(column, spec)
    return values.reshape(-1, 1)


def _strings(column: pa.ChunkedArray) -> Tensor:
    texts = column.cast(pa.string()).to_numpy(zero_copy_only=False)
    return np.array([MISSING_CATEGORY if text is None else text for text in texts], dtype=object)


def _numbers(column: pa.ChunkedArray, spec: TensorSpec) -> Tensor:
    try:
        if spec.datatype.numpy.kind == "f":
            values = column.cast(pa.float64()).to_numpy(zero_copy_only=False)
        else:
            values = _whole_numbers(column, spec)
        return np.ascontiguousarray(values, dtype=spec.datatype.numpy)
    except (pa.ArrowException, TypeError, ValueError) as error:
        raise InferenceError(
            f"Column '{spec.name}' cannot be read as {spec.datatype}",
            got=f"{column.type}: {error}",
            cure="Correct the values, or leave a number empty where it is unknown.",
        ) from error


def _whole_numbers(column: pa.ChunkedArray, spec: TensorSpec) -> Tensor:
    if column.null_count:
        raise ValueError(f"{column.null_count} values are missing, and {spec.datatype} has no missing value")
    values: Tensor = column.cast(pa.from_numpy_dtype(spec.datatype.numpy)).to_numpy(zero_copy_only=False)
    return values
