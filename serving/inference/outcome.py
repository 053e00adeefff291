"""One run of the model for requests that belong together, and what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from time import monotonic

from serving.inference.batch import check_rows, join
from serving.inference.request import InferRequest
from serving.inference.runner import RunModel
from slipway.onnx.session import Tensor


class Run:
    """What a run was given and gave, and when it began and ended."""

    __slots__ = ("end", "inputs", "outputs", "start")

    def __init__(self, inputs: dict[str, Tensor], outputs: Sequence[Tensor], start: float, end: float) -> None:
        self.inputs = inputs
        self.outputs = outputs
        self.start = start
        self.end = end


class Outcome:
    """Requests and their run, or the error of a single one."""

    __slots__ = ("batch", "result")

    def __init__(self, batch: list[InferRequest], result: Run | Exception) -> None:
        self.batch = batch
        self.result = result


def attempt(run: RunModel, batch: list[InferRequest], *, alone: bool = False) -> list[Outcome]:
    """Run a batch; where that fails, each request by itself. Never raises; may be called in any thread."""
    start = monotonic()
    try:
        inputs = join(batch)
        outputs = run(batch[0].outputs, inputs, alone=alone)
        if len(batch) > 1:
            check_rows(batch, outputs)
        return [Outcome(batch, Run(inputs, outputs, start, monotonic()))]
    except Exception as error:
        if len(batch) == 1:
            return [Outcome(batch, error)]
        # One of them is bad, or there is no memory for all: each for itself.
        return [outcome for request in batch for outcome in attempt(run, [request])]
