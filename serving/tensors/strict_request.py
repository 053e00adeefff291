"""The reader of inference requests that says what is wrong: exact, and slow.

Source: Open Inference Protocol v2, "HTTP/REST": "Inference Request JSON Object" and "Tensor Data".
Unknown keys are ignored, as the protocol's extensions need.
"""

from __future__ import annotations

from typing import Any

from serving.inference.plan import InputPlan, ModelPlan
from serving.tensors.binary_tail import BinaryTail
from serving.tensors.kinds import array_of, kind_of, malformed, name_of, object_of
from serving.tensors.options import parameters_of, question_of
from serving.tensors.question import Question
from serving.tensors.strict_json import read_json
from slipway.onnx.session import Tensor
from slipway.onnx.tensor_json import values_from_json

BINARY_SIZE = "binary_data_size"
_NO_DATA = "Send the values as JSON under 'data', or as binary data after the JSON with 'binary_data_size'."


def read_strictly(text: bytes | bytearray, plan: ModelPlan, tail: BinaryTail | None = None) -> Question:
    """Read the JSON of an inference request, and its raw tensors from `tail`.

    Raises:
        InferenceError: the text is no JSON, no request of the protocol, or not for this model;
            names the place, what was expected and what was got.
    """
    content = object_of("The request", read_json(text))
    inputs: dict[str, Tensor] = {}
    for entry in array_of("'inputs' of the request", content.get("inputs")):
        spec = input_of(entry, plan)
        if spec.name in inputs:
            raise malformed("The inputs of the request", "each name once", f"'{spec.name}' twice")
        inputs[spec.name] = _values(spec, entry, tail)
    return question_of(inputs, content)


def input_of(entry: Any, plan: ModelPlan) -> InputPlan:
    """Return the plan of the input that one entry of 'inputs' names, of the right datatype and shape.

    Raises:
        InferenceError: the model has no such input, or another datatype or shape.
    """
    spec = plan.input(name_of("input", entry))
    datatype = entry.get("datatype")
    if not isinstance(datatype, str):
        raise malformed(f"The datatype of input '{spec.name}'", f"'{spec.datatype}'", kind_of(datatype))
    spec.check_datatype(datatype)
    shape = entry.get("shape")
    if not isinstance(shape, list):
        raise malformed(f"The shape of input '{spec.name}'", "an array of whole numbers", kind_of(shape))
    spec.check_shape(shape)
    return spec


def _values(spec: InputPlan, entry: dict[str, Any], tail: BinaryTail | None) -> Tensor:
    parameters = parameters_of(f"'parameters' of input '{spec.name}'", entry.get("parameters"))
    if BINARY_SIZE in parameters:
        return _raw_values(spec, entry, tail, parameters[BINARY_SIZE])
    if "data" not in entry:
        raise malformed(f"Input '{spec.name}'", "'data'", "none", _NO_DATA)
    return values_from_json(spec.name, spec.spec.datatype, entry["shape"], entry["data"])


def _raw_values(spec: InputPlan, entry: dict[str, Any], tail: BinaryTail | None, size: object) -> Tensor:
    if tail is None:
        expected = f"the header Inference-Header-Content-Length beside '{BINARY_SIZE}'"
        raise malformed(f"Input '{spec.name}'", expected, "none", "Say in that header where the JSON ends.")
    if "data" in entry:
        raise malformed(f"Input '{spec.name}'", f"'data' or '{BINARY_SIZE}'", "both")
    return tail.take(spec, entry["shape"], size)
