"""Requests joined into one run along their first dimension, and its answers split again."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from typing import cast

import numpy as np

from serving.inference.packing import Memories
from serving.inference.request import InferRequest
from serving.observe.spans import ModelRun
from slipway.onnx.session import Tensor

logger = logging.getLogger(__name__)


def join(batch: Sequence[InferRequest]) -> dict[str, Tensor]:
    """Return the inputs of one run: those of all requests, in order."""
    if len(batch) == 1:
        return batch[0].inputs
    packing = batch[0].packing
    if packing is not None and None not in [request.packing for request in batch]:
        memories = cast("list[Memories]", [request.values for request in batch])
        return packing.joined(memories, sum([request.rows for request in batch]))
    inputs = [request.inputs for request in batch]
    return {name: np.concatenate([own[name] for own in inputs]) for name in inputs[0]}


def answer(batch: Sequence[InferRequest], outputs: Sequence[Tensor]) -> None:
    """Hand the requests of one run their rows of the outputs."""
    try:
        batch[0].reply.writer.write(batch, outputs)
    except Exception as error:
        if len(batch) == 1:
            fail(batch[0], error)
            return
        # What cannot be written for one must not cost the others their answer.
        for request, own in zip(batch, split(batch, outputs), strict=True):
            answer([request], own)


def fail(request: InferRequest, error: Exception) -> None:
    """Tell a request why there are no outputs; an error in that must not cost the others their answer."""
    try:
        request.reply.fail(error)
    except Exception:
        logger.exception("A request could not be told of its error")


def note(request: InferRequest, run: ModelRun) -> None:
    """Tell a request of its run; an error in that must not cost it the answer."""
    try:
        request.reply.note(run)
    except Exception:
        logger.exception("A request could not be told of its run")


def check_rows(batch: Sequence[InferRequest], outputs: Sequence[Tensor]) -> None:
    """Raise ValueError unless every output has a row for each row of the batch, as those of a filter have not."""
    rows = sum([request.rows for request in batch])
    for output in outputs:
        if len(output) != rows:
            raise ValueError(f"{len(output)} rows of answers to {rows} rows")


def split(batch: Sequence[InferRequest], outputs: Sequence[Tensor]) -> Iterator[Sequence[Tensor]]:
    """Give each request its own rows of the outputs of their run."""
    if len(batch) == 1:
        yield outputs
        return
    start = 0
    for request in batch:
        stop = start + request.rows
        yield [output[start:stop] for output in outputs]
        start = stop


def are_alike(requests: Sequence[InferRequest]) -> bool:
    """Return whether all may run together and are written in one go, as nearly always."""
    group, writer = requests[0].group, requests[0].reply.writer
    for request in requests:  # noqa: SIM110 (an `all` over a generator takes twice as long)
        if request.group is not group or request.reply.writer is not writer:
            return False
    return True


def by_group(requests: Sequence[InferRequest]) -> Iterable[list[InferRequest]]:
    """Part requests into those that may run together, in the order of their first ones."""
    groups: dict[object, list[InferRequest]] = {}
    for request in requests:
        groups.setdefault((request.group, id(request.reply.writer)), []).append(request)
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


def leading(requests: Sequence[InferRequest], most_requests: int, most_rows: int) -> int:
    """Count the first requests that may share a run and follow one another; at least one."""
    first = requests[0]
    rows = first.rows
    for count, request in enumerate(requests[1:most_requests], 1):
        rows += request.rows
        if rows > most_rows or request.group != first.group or request.reply.writer is not first.reply.writer:
            return count
    return min(len(requests), max(1, most_requests))


def size_of(request: InferRequest) -> int:
    """Count the bytes of a request's tensors; of strings only the references."""
    return sum([tensor.nbytes for tensor in request.inputs.values()])


def over_by(requests: Sequence[InferRequest], now: float) -> list[InferRequest]:
    """Return the requests that need not be computed any more: late ones, and those whose client is gone."""
    return [request for request in requests if request.deadline < now or request.reply.gone]


def without(requests: Iterable[InferRequest], others: Iterable[InferRequest]) -> list[InferRequest]:
    """Leave some of the requests out, in the order of the rest."""
    left_out = set(others)
    return [request for request in requests if request not in left_out]
