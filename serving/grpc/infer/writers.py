"""How the answers of one model are written: those of one run together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from time import monotonic
from typing import TYPE_CHECKING, cast

from serving.grpc.http2.header_blocks import Block
from serving.grpc.infer.contents import FIELDS, write_contents
from serving.grpc.infer.layouts import Layout, Layouts
from serving.grpc.protos.open_inference_pb2 import ModelInferResponse
from serving.grpc.status import CONTENT
from serving.inference.request import InferRequest
from serving.models.served import ServedModel
from serving.tensors.raw import NOT_IN_MEMORY_SO, write_raw
from slipway.onnx.session import Tensor

if TYPE_CHECKING:
    from serving.grpc.infer.call import InferCall


class RawWriter:
    """Writes `raw_output_contents`, for one choice of outputs."""

    def __init__(self, model: ServedModel, outputs: tuple[str, ...]) -> None:
        self.layouts = Layouts(model, outputs)
        self._metrics = model.metrics
        self._opening = Block.of([*CONTENT, *model.headers.items()])
        self._in_memory = NOT_IN_MEMORY_SO.isdisjoint(self.layouts.datatypes)

    def write(self, requests: Sequence[InferRequest], outputs: Sequence[Tensor]) -> None:
        """Answer requests of one group; see `serving.inference.request.Writer`."""
        if self._in_memory:
            bytes_out = self._write_from_memory(requests, outputs)
        else:
            bytes_out = sum([self.write_message(call, own) for call, own in _shares(requests, outputs)])
        now = monotonic()
        seconds = [now - request.arrived for request in requests]
        bytes_in = sum([call.size for call in _calls(requests)])
        self._metrics.observe_answers("grpc", "OK", seconds, bytes_in, bytes_out)

    def write_message(self, call: InferCall, outputs: Sequence[Tensor]) -> int:
        """Answer one request by way of protobuf; return the bytes sent."""
        message = self._described(call, outputs)
        raws = zip(self.layouts.datatypes, outputs, strict=True)
        message.raw_output_contents.extend([write_raw(datatype, output) for datatype, output in raws])
        return call.send_message(self._opening, message.SerializeToString())

    def _write_from_memory(self, requests: Sequence[InferRequest], outputs: Sequence[Tensor]) -> int:
        wholes = [output.tobytes() for output in outputs]
        if len(requests) == 1:
            call = cast("InferCall", requests[0].reply)
            return self._send(call, self.layouts.of(tuple([output.shape for output in outputs])), wholes, outputs)
        layouts = self._layouts_by_rows(requests, outputs)
        row_bytes = [output.nbytes // len(output) for output in outputs]
        bytes_out = start = 0
        for request, call in zip(requests, _calls(requests), strict=True):
            stop = start + request.rows
            values = [whole[start * size : stop * size] for whole, size in zip(wholes, row_bytes, strict=True)]
            own = outputs if not call.id else [output[start:stop] for output in outputs]
            bytes_out += self._send(call, layouts[request.rows], values, own)
            start = stop
        return bytes_out

    def _send(self, call: InferCall, layout: Layout, values: list[bytes], outputs: Sequence[Tensor]) -> int:
        if call.id:
            return self.write_message(call, outputs)
        if len(values) == 1:
            body: tuple[bytes, ...] = (layout.heads[0], values[0])
        else:
            body = tuple([piece for pair in zip(layout.heads, values, strict=True) for piece in pair])
        call.send_body(self._opening, body, layout.size)
        return layout.size

    def _layouts_by_rows(self, requests: Sequence[InferRequest], outputs: Sequence[Tensor]) -> dict[int, Layout]:
        shapes = [output.shape[1:] for output in outputs]
        counts = {request.rows for request in requests}
        return {rows: self.layouts.of(tuple([(rows, *shape) for shape in shapes])) for rows in counts}

    def _described(self, call: InferCall, outputs: Sequence[Tensor]) -> ModelInferResponse:
        return self.layouts.described(tuple([output.shape for output in outputs]), call.id)


class TypedWriter(RawWriter):
    """Writes typed contents; raw ones where an output's datatype has no field."""

    def __init__(self, model: ServedModel, outputs: tuple[str, ...]) -> None:
        super().__init__(model, outputs)
        self._has_fields = FIELDS.keys() >= set(self.layouts.datatypes)
        self._in_memory = self._in_memory and not self._has_fields

    def write_message(self, call: InferCall, outputs: Sequence[Tensor]) -> int:
        """Answer one request by way of protobuf; return the bytes sent."""
        if not self._has_fields:
            return super().write_message(call, outputs)
        message = self._described(call, outputs)
        for tensor, output in zip(message.outputs, outputs, strict=True):
            write_contents(tensor.contents, tensor.datatype, output)
        return call.send_message(self._opening, message.SerializeToString())


def _calls(requests: Sequence[InferRequest]) -> list[InferCall]:
    return cast("list[InferCall]", [request.reply for request in requests])


def _shares(
    requests: Sequence[InferRequest], outputs: Sequence[Tensor]
) -> Iterator[tuple[InferCall, list[Tensor]]]:
    """Part the outputs of one run; what a single request asked may have no rows."""
    start = 0
    for request, call in zip(requests, _calls(requests), strict=True):
        stop = start + request.rows
        yield call, list(outputs) if len(requests) == 1 else [output[start:stop] for output in outputs]
        start = stop
