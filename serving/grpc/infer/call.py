"""One call of ModelInfer."""

from __future__ import annotations

from time import monotonic

from google.protobuf.message import DecodeError

from serving.grpc.calls import Room, UnaryCall
from serving.grpc.failure import failure
from serving.grpc.head import CallHead
from serving.grpc.http2.control import ConnectionState
from serving.grpc.infer.desk import Desk
from serving.grpc.infer.known import Asked, learn
from serving.grpc.infer.prepared import Prepared
from serving.grpc.infer.question import Question
from serving.grpc.messages import PREFIX_BYTES
from serving.grpc.protos.open_inference_pb2 import ModelInferRequest
from serving.grpc.status import CallFault, Code
from serving.inference.request import InferRequest, Writer
from serving.observe.spans import ModelRun


class InferCall(UnaryCall):
    """A request and, as its `Reply`, the place of its answer."""

    __slots__ = ("_desk", "_prepared", "id", "writer")

    writer: Writer

    def __init__(
        self, desk: Desk, room: Room, connection: ConnectionState, stream_id: int, head: CallHead
    ) -> None:
        super().__init__(room, connection, stream_id, head)
        self._desk = desk
        self._prepared: Prepared | None = None
        self.id = ""

    def receive(self, data: bytes, start: int, end: int, ended: int) -> None:
        """Gather the message; answer it once the client has sent all."""
        if not (ended and self._buffer is None and self._submit_known(data, start, end)):
            super().receive(data, start, end, ended)

    def handle(self, data: bytes, start: int, end: int) -> None:
        """Check the request and hand it to the model's queue."""
        if self._submit_known(data, start, end):
            return
        self.size = end - start
        try:
            message = ModelInferRequest.FromString(data[start + PREFIX_BYTES : end])
            asked = self._submit(message)
        except DecodeError as error:
            raise CallFault(Code.INVALID_ARGUMENT, "The message is no ModelInferRequest.") from error
        except Exception as error:
            self.fail(error)
            return
        known = learn(data, start, end, asked)
        if known is not None:
            self._desk.remember(end - start, known)

    def note(self, run: ModelRun) -> None:
        """Keep the run, for whoever tells of the call."""
        self.run = run

    def fail(self, error: Exception) -> None:
        """Send the reason why there are no outputs."""
        fault, code, text, metadata = failure(error)
        prepared = self._prepared
        if prepared is None:
            self._desk.rejected(fault.reason)
        else:
            metadata += prepared.headers
            prepared.metrics.observe_answer("grpc", code.name, monotonic() - self.opened, self.size, 0)
            prepared.metrics.observe_rejection(fault.reason)
        self.refuse(code, text, metadata)

    def _submit_known(self, data: bytes, start: int, end: int) -> bool:
        for known in self._desk.like(end - start):
            memories = known.memories(data, start, end)
            if memories is None:
                continue
            self.size = end - start
            try:
                model = self._desk.find(known.name, known.version)
                if model.plan is not known.prepared.plan:
                    return False
                self._prepared = known.prepared
                self.writer = known.prepared.raw
                seconds, opened = self.head.timeout_seconds, self.opened
                deadline = opened + (seconds if seconds < known.timeout_seconds else known.timeout_seconds)
                packing = known.packing
                outputs, rows, group = packing.outputs, packing.rows, packing.group
                model.queue.submit(InferRequest(memories, outputs, rows, group, self, opened, deadline, packing))
            except Exception as error:
                self.fail(error)
            return True
        return False

    def _submit(self, message: ModelInferRequest) -> Asked:
        model = self._desk.find(message.model_name, message.model_version or None)
        self._prepared = self._desk.prepared(model, model.plan.output_names)
        self.id = message.id
        question = Question.of(message, model.plan)
        deadline = self.opened + min(self.head.timeout_seconds, question.timeout_seconds)
        request = model.plan.request(question.inputs, question.outputs, self, self.opened, deadline)
        self._prepared = prepared = self._desk.prepared(model, request.outputs)
        self.writer = prepared.raw if message.raw_input_contents else prepared.typed
        model.queue.submit(request)
        return Asked(message, request, self._prepared, question.timeout_seconds)
