"""All of a ModelInferResponse but its values, made once for each shape of the outputs."""

from __future__ import annotations

from math import prod

from serving.grpc.infer.wire import OUTPUT_TAG, length_delimited_head
from serving.grpc.messages import PREFIX_BYTES, prefix
from serving.grpc.protos.open_inference_pb2 import ModelInferResponse
from serving.models.served import ServedModel

_MOST_LAYOUTS = 64
Shapes = tuple[tuple[int, ...], ...]


class Layout:
    """An answer's bytes around its raw values; `size` is of the message and its prefix.

    `heads` has what stands before each output's values.
    """

    __slots__ = ("heads", "size")

    def __init__(self, described: bytes, value_sizes: list[int]) -> None:
        heads = [length_delimited_head(OUTPUT_TAG, size) for size in value_sizes]
        message_bytes = len(described) + sum(map(len, heads)) + sum(value_sizes)
        self.heads = [prefix.pack(0, message_bytes) + described + heads[0], *heads[1:]]
        self.size = PREFIX_BYTES + message_bytes


class Layouts:
    """The layouts of one model's answers with `outputs`."""

    def __init__(self, model: ServedModel, outputs: tuple[str, ...]) -> None:
        specs = [model.plan.outputs[name] for name in outputs]
        self.datatypes = [str(spec.datatype) for spec in specs]
        self._names = outputs
        self._itemsizes = [spec.datatype.numpy.itemsize for spec in specs]
        self._model = ModelInferResponse(model_name=model.name, model_version=model.version)
        self._by_shapes: dict[Shapes, Layout] = {}

    def of(self, shapes: Shapes) -> Layout:
        """Return the layout of an answer without id, whose values are as they are in memory."""
        layout = self._by_shapes.get(shapes)
        if layout is None:
            if len(self._by_shapes) >= _MOST_LAYOUTS:
                self._by_shapes.clear()
            sizes = [prod(shape) * size for shape, size in zip(shapes, self._itemsizes, strict=True)]
            described = self.described(shapes).SerializeToString()
            layout = self._by_shapes[shapes] = Layout(described, sizes)
        return layout

    def described(self, shapes: Shapes, request_id: str = "") -> ModelInferResponse:
        """Make an answer that lacks nothing but values."""
        message = ModelInferResponse(id=request_id)
        message.MergeFrom(self._model)
        for name, datatype, shape in zip(self._names, self.datatypes, shapes, strict=True):
            message.outputs.add(name=name, datatype=datatype, shape=shape)
        return message
