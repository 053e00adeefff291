"""Health, metadata, the repository and reflection, with stubs of grpcio."""

import threading

import grpc
import pytest
from google.protobuf.descriptor_pb2 import FileDescriptorProto

from serving.grpc.protos.health_pb2 import HealthCheckRequest, HealthCheckResponse
from serving.grpc.protos.open_inference_pb2 import (
    ModelMetadataRequest,
    ModelReadyRequest,
    RepositoryIndexRequest,
    RepositoryModelLoadRequest,
    RepositoryModelUnloadRequest,
    ServerLiveRequest,
    ServerMetadataRequest,
    ServerReadyRequest,
)
from serving.grpc.protos.reflection_pb2 import ServerReflectionRequest, ServerReflectionResponse
from slipway import __version__
from tests.support.infer_requests import picking_request

SERVING, NOT_SERVING = HealthCheckResponse.SERVING, HealthCheckResponse.NOT_SERVING


def refused(call, request):
    with pytest.raises(grpc.RpcError) as caught:
        call(request, timeout=20)
    return caught.value.code()


def test_health_and_metadata_of_the_server(stub):
    assert stub.ServerLive(ServerLiveRequest()).live
    assert stub.ServerReady(ServerReadyRequest()).ready
    metadata = stub.ServerMetadata(ServerMetadataRequest())
    assert (metadata.name, metadata.version) == ("slipway", __version__)
    assert "model_repository" in metadata.extensions


def test_metadata_of_a_model(stub):
    metadata = stub.ModelMetadata(ModelMetadataRequest(name="flights"))
    assert metadata.platform == "onnx_onnxv1"
    assert [(each.name, each.datatype, list(each.shape)) for each in metadata.inputs] == [
        ("distance", "FP32", [-1, 1]),
        ("carrier", "BYTES", [-1, 1]),
    ]
    assert [each.name for each in metadata.outputs] == ["label", "probabilities"]
    assert len(metadata.versions) == 1


def test_readiness_of_a_model(stub):
    assert stub.ModelReady(ModelReadyRequest(name="flights")).ready
    assert refused(stub.ModelReady, ModelReadyRequest(name="nothing")) is grpc.StatusCode.NOT_FOUND
    assert refused(stub.ModelMetadata, ModelMetadataRequest(name="nothing")) is grpc.StatusCode.NOT_FOUND


def test_the_index_names_every_model(stub):
    models = stub.RepositoryIndex(RepositoryIndexRequest()).models
    assert [(each.name, each.state) for each in models] == [
        (name, "READY") for name in ("echo", "flights", "picking", "wide")
    ]


def test_rejects_control_by_clients_unless_allowed(stub):
    request = RepositoryModelUnloadRequest(model_name="picking")
    assert refused(stub.RepositoryModelUnload, request) is grpc.StatusCode.PERMISSION_DENIED


@pytest.mark.parametrize("field", ["model_name", "repository_name"])  # Triton's clients, KServe's clients
def test_models_are_unloaded_and_loaded(serve, connect, field):
    with serve("picking", allow_control=True) as running:
        stub = connect(running)
        assert stub.RepositoryModelUnload(RepositoryModelUnloadRequest(**{field: "picking"})).isUnloaded
        assert refused(stub.ModelInfer, picking_request(0)) is grpc.StatusCode.UNAVAILABLE
        assert not stub.ModelReady(ModelReadyRequest(name="picking")).ready
        assert not stub.RepositoryIndex(RepositoryIndexRequest(ready=True)).models
        assert stub.RepositoryIndex(RepositoryIndexRequest()).models[0].state == "UNLOADED"
        loaded = stub.RepositoryModelLoad(RepositoryModelLoadRequest(**{field: "picking"}))
        assert (loaded.model_name, loaded.isLoaded) == ("picking", True)
        assert stub.ModelInfer(picking_request(0)).outputs
        assert refused(stub.RepositoryModelLoad, RepositoryModelLoadRequest(model_name="nothing")) is (
            grpc.StatusCode.NOT_FOUND
        )


def test_a_swapped_model_answers_for_itself(serve, connect):
    with serve("picking", allow_control=True) as running:
        stub = connect(running)
        for _ in range(3):
            assert stub.ModelInfer(picking_request(0)).outputs
            stub.RepositoryModelLoad(RepositoryModelLoadRequest(model_name="picking"))
        metrics = running.ask(lambda: running.repository.find("picking").metrics)
        assert metrics.answers["grpc", "OK"] == 3


def test_health_checks(stub):
    assert stub.Check(HealthCheckRequest()).status == SERVING
    assert stub.Check(HealthCheckRequest(service="inference.GRPCInferenceService")).status == SERVING
    assert refused(stub.Check, HealthCheckRequest(service="nothing")) is grpc.StatusCode.NOT_FOUND


def test_health_is_watched(serve, connect):
    with serve("picking") as running:
        stub = connect(running)
        watch = stub.Watch(HealthCheckRequest(), timeout=20)
        assert next(watch).status == SERVING
        running.sweep()
        running.ask(running.repository.drain)
        assert stub.Check(HealthCheckRequest()).status == NOT_SERVING
        running.sweep()
        assert next(watch).status == NOT_SERVING
        unknown = stub.Watch(HealthCheckRequest(service="nothing"), timeout=20)
        assert next(unknown).status == HealthCheckResponse.SERVICE_UNKNOWN
        running.ask(running.server.drain)
        with pytest.raises(grpc.RpcError) as caught:
            next(watch)
        assert caught.value.code() is grpc.StatusCode.UNAVAILABLE


@pytest.mark.parametrize("version", ["v1", "v1alpha"])
def test_reflection_tells_what_generic_clients_ask(stub, version):
    call = stub.channel.stream_stream(
        f"/grpc.reflection.{version}.ServerReflection/ServerReflectionInfo",
        request_serializer=ServerReflectionRequest.SerializeToString,
        response_deserializer=ServerReflectionResponse.FromString,
    )
    questions = [
        ServerReflectionRequest(list_services=""),
        ServerReflectionRequest(file_containing_symbol="inference.GRPCInferenceService"),
        ServerReflectionRequest(file_containing_symbol="inference.GRPCInferenceService.ModelInfer"),
        ServerReflectionRequest(file_by_filename="nothing.proto"),
        ServerReflectionRequest(all_extension_numbers_of_type="inference.ModelInferRequest"),
    ]
    listed, service, method, missing, extensions = call(iter(questions), timeout=20)
    assert [each.name for each in listed.list_services_response.service] == [
        "inference.GRPCInferenceService",
        "grpc.health.v1.Health",
        "grpc.reflection.v1.ServerReflection",
    ]
    file = FileDescriptorProto.FromString(service.file_descriptor_response.file_descriptor_proto[0])
    assert [each.name for each in file.service] == ["GRPCInferenceService"]
    assert method.file_descriptor_response == service.file_descriptor_response
    assert missing.error_response.error_code == extensions.error_response.error_code == 5


def test_reflection_answers_while_the_client_goes_on_asking(stub):
    asked = threading.Event()

    def questions():
        yield ServerReflectionRequest(list_services="")
        asked.wait(20)
        yield ServerReflectionRequest(list_services="again")

    answers = stub.ServerReflectionInfo(questions(), timeout=20)
    assert next(answers).original_request.list_services == ""
    asked.set()
    assert next(answers).original_request.list_services == "again"
    assert list(answers) == []


def test_rejects_a_method_that_is_not_there(stub):
    call = stub.channel.unary_unary("/inference.GRPCInferenceService/ModelStreamInfer")
    assert refused(call, b"") is grpc.StatusCode.UNIMPLEMENTED
