"""One question to a model and where its answer goes, apart from how either travels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf
from typing import Protocol

from serving.inference.packing import Memories, Packing, arrays_of
from serving.observe.spans import ModelRun
from slipway.onnx.session import Tensor


class Writer(Protocol):
    """A transport's way to write the answers of one model: many at once, for that is much cheaper."""

    def write(self, requests: Sequence[InferRequest], outputs: Sequence[Tensor]) -> None:
        """Answer requests of one group, whose rows follow one another in the outputs they asked for.

        An answer that cannot be written may raise: then each request is written for itself, and
        one that was answered already ignores it.
        """


class Reply(Protocol):
    """A transport's end of one request; it hears once, on the event loop's thread."""

    writer: Writer

    @property
    def gone(self) -> bool:
        """True once nobody waits any more: the request need not be computed."""

    def note(self, run: ModelRun) -> None:
        """Hear of the run that made the outputs, before they are written; only where somebody asked to."""

    def fail(self, error: Exception) -> None:
        """Take the reason why there are no outputs."""


@dataclass(slots=True, eq=False)
class InferRequest:
    """Values that fit the model; `serving.inference.plan.ModelPlan.request` makes one.

    `values` has every input of the model, of the model's dtype: arrays or, where there is a `packing`,
    what it makes arrays of. `outputs` names those wanted, never none.
    Requests of one `group` may run together, joined along the first dimension. `arrived` and
    `deadline` are seconds of the monotonic clock.
    """

    values: dict[str, Tensor] | Memories
    outputs: tuple[str, ...]
    rows: int
    group: object
    reply: Reply
    arrived: float
    deadline: float = inf
    packing: Packing | None = None

    @property
    def inputs(self) -> dict[str, Tensor]:
        """Every input by name."""
        return arrays_of(self.values, self.packing)
