"""What a ModelInferRequest asks, checked against the model."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf

from serving.grpc.infer.contents import read_contents
from serving.grpc.protos.open_inference_pb2 import ModelInferRequest
from serving.inference.plan import ModelPlan
from serving.tensors.options import require_values
from serving.tensors.raw import read_raw
from slipway.errors import InferenceError
from slipway.onnx.session import Tensor

_MICROSECOND = 1e-6


@dataclass(frozen=True, slots=True)
class Question:
    """Inputs of the model's dtypes and shapes, and the names of the outputs asked for."""

    inputs: dict[str, Tensor]
    outputs: tuple[str, ...]
    timeout_seconds: float

    @classmethod
    def of(cls, message: ModelInferRequest, plan: ModelPlan) -> Question:
        """Read and check a message.

        Raises:
            InferenceError: it does not fit the model.
        """
        raws = message.raw_input_contents
        if raws and len(raws) != len(message.inputs):
            raise _contradiction(f"{len(message.inputs)} raw_input_contents, one for each input", str(len(raws)))
        inputs: dict[str, Tensor] = {}
        for index, tensor in enumerate(message.inputs):
            if tensor.name in inputs:
                raise _contradiction("each input once", f"'{tensor.name[:80]}' twice")
            inputs[tensor.name] = _values(tensor, plan, raws[index] if raws else None)
        outputs = tuple([output.name for output in message.outputs])
        for output in message.outputs:
            require_values(output.name, output.parameters)
        return cls(inputs, outputs, _timeout_seconds(message))


def _values(tensor: ModelInferRequest.InferInputTensor, plan: ModelPlan, raw: bytes | None) -> Tensor:
    expected = plan.input(tensor.name)
    expected.check_datatype(tensor.datatype)
    shape = tuple(tensor.shape)
    if raw is None:
        return read_contents(expected, tensor.contents, shape, expected.check_shape(shape))
    if tensor.HasField("contents"):
        raise expected.misfit("raw_input_contents or contents", "both")
    return read_raw(expected, shape, raw, 0, len(raw))


def _timeout_seconds(message: ModelInferRequest) -> float:
    # Triton's request parameter `timeout`, in microseconds; 0 is none.
    if not message.parameters or "timeout" not in message.parameters:
        return inf
    timeout = message.parameters["timeout"]
    microseconds = timeout.int64_param or timeout.uint64_param
    if microseconds < 0 or timeout.WhichOneof("parameter_choice") not in ("int64_param", "uint64_param"):
        raise InferenceError(
            "The parameter 'timeout' cannot be read",
            expected="microseconds as a whole number, 0 or more",
            got="another value",
            cure="Send it as int64_param or leave it out.",
        )
    return microseconds * _MICROSECOND or inf


def _contradiction(expected: str, got: str) -> InferenceError:
    return InferenceError(
        "The request contradicts itself",
        expected=expected,
        got=got,
        cure="Send each input of the model's metadata once, all raw or all typed.",
    )
