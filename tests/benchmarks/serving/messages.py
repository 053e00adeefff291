"""The gRPC messages of the Open Inference Protocol, as far as the benchmark speaks them.

Described here and not taken from the server, so that a fault of its own reading cannot hide.
Source: Open Inference Protocol v2, "gRPC", `grpc_predict_v2.proto`.
"""

from __future__ import annotations

from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

METHOD = "/inference.GRPCInferenceService/ModelInfer"
_PACKAGE = "inference"
_Field = tuple[str, int, str, bool]  # name, number, type, repeated

_TENSOR: list[_Field] = [
    ("name", 1, "string", False),
    ("datatype", 2, "string", False),
    ("shape", 3, "int64", True),
    ("contents", 5, "InferTensorContents", False),
]
_MESSAGES: dict[str, list[_Field]] = {
    "InferTensorContents": [
        ("bool_contents", 1, "bool", True),
        ("int_contents", 2, "int32", True),
        ("int64_contents", 3, "int64", True),
        ("uint_contents", 4, "uint32", True),
        ("uint64_contents", 5, "uint64", True),
        ("fp32_contents", 6, "float", True),
        ("fp64_contents", 7, "double", True),
        ("bytes_contents", 8, "bytes", True),
    ],
    "Tensor": _TENSOR,
    "ModelInferRequest": [
        ("model_name", 1, "string", False),
        ("inputs", 5, "Tensor", True),
        ("raw_input_contents", 7, "bytes", True),
    ],
    "ModelInferResponse": [
        ("model_name", 1, "string", False),
        ("outputs", 5, "Tensor", True),
        ("raw_output_contents", 6, "bytes", True),
    ],
}


def _pool() -> descriptor_pool.DescriptorPool:
    file = descriptor_pb2.FileDescriptorProto(name="benchmark.proto", package=_PACKAGE, syntax="proto3")
    for name, fields in _MESSAGES.items():
        message = file.message_type.add(name=name)
        for field in fields:
            _add_field(message, *field)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return pool


def _add_field(message: Any, name: str, number: int, kind: str, repeated: bool) -> None:
    proto = descriptor_pb2.FieldDescriptorProto
    field = message.field.add(name=name, number=number)
    field.label = proto.LABEL_REPEATED if repeated else proto.LABEL_OPTIONAL
    if kind in _MESSAGES:
        field.type, field.type_name = proto.TYPE_MESSAGE, f".{_PACKAGE}.{kind}"
    else:
        field.type = getattr(proto, f"TYPE_{kind.upper()}")


_POOL = _pool()
ModelInferRequest: Any = message_factory.GetMessageClass(
    _POOL.FindMessageTypeByName(f"{_PACKAGE}.ModelInferRequest")
)
ModelInferResponse: Any = message_factory.GetMessageClass(
    _POOL.FindMessageTypeByName(f"{_PACKAGE}.ModelInferResponse")
)
