"""Requests joined into one run along their first dimension, and its answers split again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from serving.inference.request import InferRequest, Reply
from slipway.onnx.session import Tensor


def join(batch: Sequence[InferRequest]) -> dict[str, Tensor]:
    """Return the inputs of one run: those of all requests, in order."""
    first = batch[0].inputs
    if len(batch) == 1:
        return first
    return {name: np.concatenate([request.inputs[name] for request in batch]) for name in first}


def answer_each(batch: Sequence[InferRequest], outputs: Sequence[Tensor]) -> None:
    """Hand every request its own rows of the outputs."""
    if len(batch) == 1:
        _answer(batch[0].reply, outputs)
        return
    start = 0
    for request in batch:
        stop = start + request.rows
        _answer(request.reply, [output[start:stop] for output in outputs])
        start = stop


def _answer(reply: Reply, outputs: Sequence[Tensor]) -> None:
    try:
        reply.answer(outputs)
    except Exception as error:  # what cannot be written for one must not cost the others their answer
        reply.fail(error)


def by_group(requests: Sequence[InferRequest]) -> Iterable[list[InferRequest]]:
    """Part requests into those that may run together, in the order of their first ones."""
    first = requests[0].group
    if all(request.group is first for request in requests):  # nearly always, and ten times as fast
        return (list(requests),)
    groups: dict[object, list[InferRequest]] = {}
    for request in requests:
        groups.setdefault(request.group, []).append(request)
    return groups.values()


def in_portions(requests: Sequence[InferRequest], most_rows: int) -> Iterator[list[InferRequest]]:
    """Cut requests into runs of at most `most_rows` rows; a longer request runs alone."""
    portion: list[InferRequest] = []
    rows = 0
    for request in requests:
        if portion and rows + request.rows > most_rows:
            yield portion
            portion, rows = [], 0
        portion.append(request)
        rows += request.rows
    if portion:
        yield portion
