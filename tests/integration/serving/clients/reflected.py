"""A gRPC client that has no message of ours, only reflection: `python reflected.py HOST:PORT`."""

import sys

import grpc
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.json_format import MessageToDict
from google.protobuf.message_factory import GetMessageClass
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase
from telling import tell

channel = grpc.insecure_channel(sys.argv[1])
database = ProtoReflectionDescriptorDatabase(channel)
pool = DescriptorPool(database)
SERVICE = "inference.GRPCInferenceService"


def call(method, **fields):
    described = pool.FindServiceByName(SERVICE).methods_by_name[method]
    ask = channel.unary_unary(
        f"/{SERVICE}/{method}",
        request_serializer=GetMessageClass(described.input_type).SerializeToString,
        response_deserializer=GetMessageClass(described.output_type).FromString,
    )
    return MessageToDict(ask(GetMessageClass(described.input_type)(**fields), timeout=60))


def services():
    return sorted(database.get_services())


def methods():
    return sorted(method.name for method in pool.FindServiceByName(SERVICE).methods)


def live():
    return call("ServerLive")


def metadata():
    return call("ModelMetadata", name="picking")


def inference():
    index = {"name": "index", "datatype": "INT64", "shape": [2, 1], "contents": {"int64_contents": [2, 0]}}
    return call("ModelInfer", model_name="picking", id="by reflection", inputs=[index])


def health():
    stub = health_pb2_grpc.HealthStub(channel)
    asked = [stub.Check(health_pb2.HealthCheckRequest(service=name)).status for name in ("", SERVICE)]
    return [health_pb2.HealthCheckResponse.ServingStatus.Name(status) for status in asked]


def health_watch():
    stub = health_pb2_grpc.HealthStub(channel)
    watch = stub.Watch(health_pb2.HealthCheckRequest(service=""), timeout=60)
    first = next(watch).status
    watch.cancel()
    return health_pb2.HealthCheckResponse.ServingStatus.Name(first)


def health_of_an_unknown_service():
    try:
        health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(service="absent"))
    except grpc.RpcError as error:
        return error.code().name


tell(services, methods, live, metadata, inference, health, health_watch, health_of_an_unknown_service)
