"""The raw tensors that follow the JSON of a request, in the order of its inputs."""

from __future__ import annotations

from typing import Any

from serving.inference.plan import InputPlan
from serving.tensors.raw import read_raw
from slipway.errors import InferenceError
from slipway.onnx.session import Tensor

_CURE = "Send the sizes of the raw tensors, and the tensors, in the order of the inputs."


class BinaryTail:
    """Reads the tensors one after another."""

    __slots__ = ("_body", "_position")

    def __init__(self, body: bytes | bytearray, start: int) -> None:
        self._body = body
        self._position = start

    def take(self, plan: InputPlan, shape: list[Any], size: object) -> Tensor:
        """Return the next `size` bytes as an array of `shape`.

        Raises:
            InferenceError: there are fewer, or they are not what the shape says.
        """
        start = self._position
        if type(size) is not int or size < 0:
            raise _wrong(plan.name, "'binary_data_size' to be a number of bytes", repr(size)[:60])
        stop = start + size
        if stop > len(self._body):
            raise _wrong(plan.name, f"{size} bytes", f"{len(self._body) - start} to the end of the body")
        self._position = stop
        return read_raw(plan, shape, self._body, start, stop)

    def check_end(self) -> None:
        """Raise InferenceError where bytes are left."""
        left = len(self._body) - self._position
        if left:
            raise InferenceError(
                "The raw tensors cannot be told apart",
                expected=f"the end of the body at byte {self._position}",
                got=f"{left} more bytes",
                cure=_CURE,
            )


def _wrong(name: str, expected: str, got: str) -> InferenceError:
    return InferenceError(
        f"The raw tensor of input '{name}' cannot be read", expected=expected, got=got, cure=_CURE
    )
