"""The end of a request that a test holds: what it hears, and how it misbehaves."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from serving.inference.batch import split
from serving.inference.request import InferRequest
from serving.observe.spans import ModelRun
from slipway.onnx.session import Tensor


class RowsWriter:
    """Gives each request its rows; `sizes` are those of the batches it wrote."""

    def __init__(self) -> None:
        self.sizes: list[int] = []

    def write(self, requests: Sequence[InferRequest], outputs: Sequence[Tensor]) -> None:
        """Answer each request once."""
        self.sizes.append(len(requests))
        for request, own in zip(requests, split(requests, outputs), strict=True):
            if request.reply.unwritable:
                raise ValueError("cannot be written")
            request.reply.answer([output.copy() for output in own])


class HeldReply:
    """One answer, awaited; it fails the test that lets it be answered twice."""

    def __init__(self, writer: RowsWriter, *, unwritable: bool = False) -> None:
        self.writer = writer
        self.future: asyncio.Future[list[Tensor]] = asyncio.get_running_loop().create_future()
        self.runs: list[ModelRun] = []
        self.gone = False
        self.unwritable = unwritable
        self.then: Callable[[], None] = lambda: None  # called with the answer, as a client's next request is

    def answer(self, outputs: list[Tensor]) -> None:
        """Take the outputs; those it has already are written again where another's could not be."""
        if not self.future.done():
            self.future.set_result(outputs)
            self.then()

    def note(self, run: ModelRun) -> None:
        """Keep what is told of the run."""
        self.runs.append(run)

    def fail(self, error: Exception) -> None:
        """Take the reason why there are no outputs."""
        self.future.set_exception(error)
        self.then()
