"""The inference service but for ModelInfer: liveness, metadata, and the model repository extension.

Source: Open Inference Protocol v2, "gRPC"; Model Repository Extension.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from serving.errors import ControlForbiddenError, ModelNotReadyError
from serving.grpc.calls import Room
from serving.grpc.head import StartCall
from serving.grpc.protos import open_inference_pb2 as pb
from serving.grpc.services.simple import simple
from serving.models.repository import Repository
from serving.models.slot import ModelState
from slipway import __version__
from slipway.onnx.signature import TensorSpec

SERVICE = "inference.GRPCInferenceService"
SERVER_NAME = "slipway"
PLATFORM = "onnx_onnxv1"


class _Named(Protocol):
    repository_name: str
    model_name: str


class InferenceService:
    """Answers from the repository; `allow_control` lets clients load and unload."""

    def __init__(self, models: Repository, extensions: Sequence[str], *, allow_control: bool) -> None:
        self._models = models
        self._extensions = extensions
        self._allow_control = allow_control

    def methods(self, room: Room) -> Mapping[str, StartCall]:
        """Return what starts a call, by the method's name."""
        return {
            "ServerLive": simple(room, pb.ServerLiveRequest, self._server_live),
            "ServerReady": simple(room, pb.ServerReadyRequest, self._server_ready),
            "ModelReady": simple(room, pb.ModelReadyRequest, self._model_ready),
            "ServerMetadata": simple(room, pb.ServerMetadataRequest, self._server_metadata),
            "ModelMetadata": simple(room, pb.ModelMetadataRequest, self._model_metadata),
            "RepositoryIndex": simple(room, pb.RepositoryIndexRequest, self._index),
            "RepositoryModelLoad": simple(room, pb.RepositoryModelLoadRequest, self._load),
            "RepositoryModelUnload": simple(room, pb.RepositoryModelUnloadRequest, self._unload),
        }

    def _server_live(self, _: pb.ServerLiveRequest) -> pb.ServerLiveResponse:
        return pb.ServerLiveResponse(live=True)

    def _server_ready(self, _: pb.ServerReadyRequest) -> pb.ServerReadyResponse:
        return pb.ServerReadyResponse(ready=self._models.ready)

    def _server_metadata(self, _: pb.ServerMetadataRequest) -> pb.ServerMetadataResponse:
        return pb.ServerMetadataResponse(name=SERVER_NAME, version=__version__, extensions=self._extensions)

    def _model_ready(self, request: pb.ModelReadyRequest) -> pb.ModelReadyResponse:
        try:
            self._models.find(request.name, request.version or None)
        except ModelNotReadyError:
            return pb.ModelReadyResponse(ready=False)
        return pb.ModelReadyResponse(ready=True)

    def _model_metadata(self, request: pb.ModelMetadataRequest) -> pb.ModelMetadataResponse:
        model = self._models.find(request.name, request.version or None)
        return pb.ModelMetadataResponse(
            name=model.name,
            versions=[model.version],
            platform=PLATFORM,
            inputs=[_tensor(spec) for spec in model.plan.signature.inputs],
            outputs=[_tensor(spec) for spec in model.plan.signature.outputs],
        )

    def _index(self, request: pb.RepositoryIndexRequest) -> pb.RepositoryIndexResponse:
        entries = [entry for entry in self._models.index() if not request.ready or entry.state == ModelState.READY]
        answer = pb.RepositoryIndexResponse()
        for entry in entries:
            answer.models.add(name=entry.name, version=entry.version, state=str(entry.state), reason=entry.reason)
        return answer

    async def _load(self, request: pb.RepositoryModelLoadRequest) -> pb.RepositoryModelLoadResponse:
        name = self._controlled(request)
        await self._models.load(name)
        return pb.RepositoryModelLoadResponse(model_name=name, isLoaded=True)

    async def _unload(self, request: pb.RepositoryModelUnloadRequest) -> pb.RepositoryModelUnloadResponse:
        name = self._controlled(request)
        await self._models.unload(name)
        return pb.RepositoryModelUnloadResponse(model_name=name, isUnloaded=True)

    def _controlled(self, request: _Named) -> str:
        if not self._allow_control:
            raise ControlForbiddenError(
                "Clients may not load or unload models here",
                cure="Start the server with loading by clients allowed.",
            )
        # KServe's clients write the name where Triton's write the repository's.
        return request.model_name or request.repository_name


def _tensor(spec: TensorSpec) -> pb.ModelMetadataResponse.TensorMetadata:
    return pb.ModelMetadataResponse.TensorMetadata(
        name=spec.name, datatype=str(spec.datatype), shape=list(spec.shape)
    )
