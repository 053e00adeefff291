"""What a client asks and what a model answers, apart from how either travels.

Source: Open Inference Protocol v2, "Inference Request" and "Inference Response". Every transport
(REST today) translates its own messages to and from these.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from slipway.onnx.tensor_json import NamedTensor

Parameter = bool | int | float | str


@dataclass(frozen=True, slots=True)
class InferRequest:
    """One question to a model; no `outputs` means all of them, in the model's order."""

    inputs: tuple[NamedTensor, ...]
    outputs: tuple[str, ...] = ()
    id: str | None = None
    parameters: Mapping[str, Parameter] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class InferResponse:
    """The outputs asked for, in the order asked; `id` is the request's."""

    outputs: tuple[NamedTensor, ...]
    id: str | None = None
