"""One question to a model and where its answer goes, apart from how either travels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf
from typing import Protocol

from slipway.onnx.session import Tensor


class Reply(Protocol):
    """A transport's end of one request; called once, on the event loop's thread."""

    @property
    def gone(self) -> bool:
        """True once nobody waits any more: the request need not be computed."""

    def answer(self, outputs: Sequence[Tensor]) -> None:
        """Take the outputs, in the order the request asked for."""

    def fail(self, error: Exception) -> None:
        """Take the reason why there are none."""


@dataclass(slots=True)
class InferRequest:
    """Tensors that fit the model; `serving.inference.plan.ModelPlan.request` makes one.

    `inputs` has every input of the model, of the model's dtype. `outputs` names those wanted, never
    none. Requests of one `group` may run together, joined along the first dimension. `arrived` and
    `deadline` are seconds of the event loop's clock.
    """

    inputs: dict[str, Tensor]
    outputs: tuple[str, ...]
    rows: int
    group: object
    reply: Reply
    arrived: float
    deadline: float = inf
