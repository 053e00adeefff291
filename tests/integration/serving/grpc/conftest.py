"""Servers in a thread, and stubs of grpcio that speak to them."""

import grpc
import pytest

from serving.grpc.protos import health_pb2, open_inference_pb2, reflection_pb2
from tests.support.grpc_server import grpc_server
from tests.support.tiny_bundle import echo_bundle, picking_bundle, tiny_bundle
from tests.support.wide_bundle import wide_bundle

UNBOUNDED = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]


@pytest.fixture(scope="session")
def bundles(tmp_path_factory):
    folder = tmp_path_factory.mktemp("grpc")
    makers = {"flights": tiny_bundle, "echo": echo_bundle, "picking": picking_bundle, "wide": wide_bundle}
    for name, make in makers.items():
        make(folder / name)
    return {name: folder / name for name in makers}


@pytest.fixture(scope="session")
def running(bundles):
    with grpc_server(bundles) as running:
        yield running


@pytest.fixture
def serve(bundles):
    """Start a server of its own for one test."""

    def serve(*names, **options):
        return grpc_server({name: bundles[name] for name in names or ("flights",)}, **options)

    return serve


class Stub:
    """Every method of the three services on one channel."""

    def __init__(self, channel):
        self.channel = channel
        for module, service in (
            (open_inference_pb2, "inference.GRPCInferenceService"),
            (health_pb2, "grpc.health.v1.Health"),
            (reflection_pb2, "grpc.reflection.v1.ServerReflection"),
        ):
            for method in module.DESCRIPTOR.services_by_name[service.rpartition(".")[2]].methods:
                self._add(module, f"/{service}/{method.name}", method)

    def _add(self, module, path, method):
        kinds = [
            "stream" if streams else "unary" for streams in (method.client_streaming, method.server_streaming)
        ]
        call = getattr(self.channel, "_".join(kinds))(
            path,
            request_serializer=getattr(module, method.input_type.name).SerializeToString,
            response_deserializer=getattr(module, method.output_type.name).FromString,
        )
        setattr(self, method.name, call)


@pytest.fixture
def connect():
    """Open channels that are closed after the test; a channel has a connection of its own."""
    channels = []

    def connect(running, *options, **kwargs):
        own = [*UNBOUNDED, *options, ("grpc.use_local_subchannel_pool", 1)]
        channels.append(grpc.insecure_channel(running.address, options=own, **kwargs))
        return Stub(channels[-1])

    yield connect
    for channel in channels:
        channel.close()


@pytest.fixture
def stub(running, connect):
    return connect(running)
