"""Predictions for rows: asked batch by batch, shown as a table or as JSON."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from slipway.cli.rows import Rows, batches
from slipway.cli.tables import print_table
from slipway.endpoint.client import Answer, Endpoint
from slipway.errors import EndpointError
from slipway.onnx.tensor_json import NamedTensor, tensor_json

_SHOWN_INPUTS = 6
_MISSING = "-"


@dataclass(frozen=True)
class Predictions:
    """Rows, the outputs for them in the same order, and who gave them."""

    name: str
    version: str
    digest: str
    rows: Rows
    outputs: Rows


def ask(endpoint: Endpoint, rows: Rows) -> Predictions:
    """Ask for all rows.

    Raises:
        EndpointError: the endpoint does not answer, or not one row for each row.
        InferenceError: the endpoint refuses a request.
    """
    answers = [_answer(endpoint, batch) for batch in batches(rows)]
    outputs = tuple(
        NamedTensor(parts[0].name, parts[0].datatype, np.concatenate([part.values for part in parts]))
        for parts in zip(*(answer.outputs for answer in answers), strict=True)
    )
    version = ", ".join(dict.fromkeys(answer.version for answer in answers))  # a rollout may change it on the way
    digest = ", ".join(dict.fromkeys(answer.digest for answer in answers))
    return Predictions(endpoint.name, version, digest, rows, outputs)


def as_json(predictions: Predictions) -> str:
    """One object: the model, its version and digest, and `rows` of `inputs` and `outputs`."""
    rows = [
        {"inputs": _record(predictions.rows, index), "outputs": _record(predictions.outputs, index)}
        for index in range(len(predictions.rows[0].values))
    ]
    facts = {"model": predictions.name, "version": predictions.version, "digest": predictions.digest}
    return json.dumps({**facts, "rows": rows}, indent=2, allow_nan=False)


def print_predictions(predictions: Predictions) -> None:
    """One line a row: the outputs, then the first few inputs."""
    shown = [*predictions.outputs, *predictions.rows[:_SHOWN_INPUTS]]
    columns = [column for tensor in shown for column in _columns(tensor)]
    lines = zip(*(cells for _, cells in columns), strict=True)
    print_table(
        ["ROW", *(title for title, _ in columns)],
        [(str(number), *cells) for number, cells in enumerate(lines, start=1)],
    )


def hidden_inputs(predictions: Predictions) -> int:
    """How many inputs the table leaves out."""
    return max(len(predictions.rows) - _SHOWN_INPUTS, 0)


def _answer(endpoint: Endpoint, batch: Rows) -> Answer:
    answer = endpoint.infer(batch)
    count = len(batch[0].values)
    odd = [each for each in answer.outputs if each.values.ndim == 0 or len(each.values) != count]
    if odd or not answer.outputs:
        raise EndpointError(
            f"Model '{endpoint.name}' does not answer row by row",
            expected=f"{count} rows in each output",
            got=f"'{odd[0].name}' of shape {list(odd[0].values.shape)}" if odd else "no output",
            cure="Ask it over HTTP: this command shows predictions by row.",
        )
    return answer


def _record(tensors: Rows, index: int) -> dict[str, Any]:
    return {each.name: _plain(each, index) for each in tensors}


def _plain(tensor: NamedTensor, index: int) -> Any:
    values = tensor_json(tensor.name, tensor.datatype, tensor.values[index : index + 1])["data"]
    return values[0] if len(values) == 1 else values


def _columns(tensor: NamedTensor) -> Iterator[tuple[str, list[str]]]:
    flat = tensor.values.reshape(len(tensor.values), -1)
    for place in range(flat.shape[1]):
        title = tensor.name if flat.shape[1] == 1 else f"{tensor.name}[{place}]"
        yield title, [_cell(value) for value in flat[:, place].tolist()]


def _cell(value: Any) -> str:
    if isinstance(value, float):
        return _MISSING if math.isnan(value) else f"{value:.6g}"
    return str(value) or _MISSING
