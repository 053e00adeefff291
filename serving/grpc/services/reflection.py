"""Server reflection: grpcurl and other generic clients learn the services from the server.

Source: gRPC Server Reflection Protocol, v1; v1alpha has the same messages.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from google.protobuf.descriptor import FileDescriptor
from google.protobuf.descriptor_pool import Default
from google.protobuf.message import DecodeError

from serving.grpc.calls import Room, StreamingCall
from serving.grpc.head import CallHead, StartCall
from serving.grpc.http2.control import ConnectionState
from serving.grpc.protos.reflection_pb2 import (
    ErrorResponse,
    FileDescriptorResponse,
    ListServiceResponse,
    ServerReflectionRequest,
    ServerReflectionResponse,
    ServiceResponse,
)
from serving.grpc.status import CallFault, Code

SERVICE = "grpc.reflection.v1.ServerReflection"
OLDER_SERVICE = "grpc.reflection.v1alpha.ServerReflection"

_pool = Default()  # type: ignore[no-untyped-call]


class ReflectionService:
    """Describes `services`, by their full names."""

    def __init__(self, services: Sequence[str]) -> None:
        self._services = services

    def methods(self, room: Room) -> Mapping[str, StartCall]:
        """Return what starts a call, by the method's name."""
        return {"ServerReflectionInfo": partial(ReflectionCall, self, room)}

    def answer(self, request: ServerReflectionRequest) -> ServerReflectionResponse:
        """Answer one question; what is not found is said in the answer."""
        answer = ServerReflectionResponse(valid_host=request.host, original_request=request)
        kind = request.WhichOneof("message_request")
        if kind == "list_services":
            services = [ServiceResponse(name=name) for name in self._services]
            answer.list_services_response.CopyFrom(ListServiceResponse(service=services))
            return answer
        try:
            files = _files(kind, request)
            answer.file_descriptor_response.CopyFrom(FileDescriptorResponse(file_descriptor_proto=files))
        except KeyError:
            error = ErrorResponse(
                error_code=Code.NOT_FOUND, error_message="There is no such file, symbol or extension."
            )
            answer.error_response.CopyFrom(error)
        return answer


class ReflectionCall(StreamingCall):
    """A client that asks one question after the other."""

    __slots__ = ("_service",)

    def __init__(
        self, service: ReflectionService, room: Room, connection: ConnectionState, stream_id: int, head: CallHead
    ) -> None:
        super().__init__(room, connection, stream_id, head)
        self._service = service

    def handle(self, message: bytes) -> None:
        """Answer one question."""
        try:
            request = ServerReflectionRequest.FromString(message)
        except DecodeError as error:
            raise CallFault(Code.INVALID_ARGUMENT, "The message is no ServerReflectionRequest.") from error
        self.send_message(self._service.answer(request).SerializeToString())

    def handle_end(self) -> None:
        """End the call with the client's side of it."""
        self.finish()


def _files(kind: str | None, request: ServerReflectionRequest) -> list[bytes]:
    """Return the file asked for and those it imports, each serialized.

    Raises:
        KeyError: there is none.
    """
    if kind == "file_by_filename":
        found = _pool.FindFileByName(request.file_by_filename)
    elif kind == "file_containing_symbol":
        found = _file_with(request.file_containing_symbol)
    else:
        raise KeyError(kind)  # proto3 has no extensions
    files: dict[str, FileDescriptor] = {}
    _add_with_imports(found, files)
    return [file.serialized_pb for file in files.values()]


def _file_with(symbol: str) -> FileDescriptor:
    file: FileDescriptor
    try:
        file = _pool.FindFileContainingSymbol(symbol)
    except KeyError:  # the pool does not know methods by name, only their services
        file = _pool.FindFileContainingSymbol(symbol.rpartition(".")[0])
    return file


def _add_with_imports(file: FileDescriptor, files: dict[str, FileDescriptor]) -> None:
    if file.name not in files:
        files[file.name] = file
        for imported in file.dependencies:
            _add_with_imports(imported, files)
