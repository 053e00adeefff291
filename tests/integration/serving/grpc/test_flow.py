"""Long messages, slow readers, many streams, cancelling: with a real client of grpcio."""

import threading
import time

import grpc
import numpy as np
import pytest

from serving.grpc.http2.frames import (
    DATA,
    HEADERS,
    RST_STREAM,
    SETTINGS,
    Setting,
    settings_frame,
    window_update_frame,
)
from serving.grpc.http2.limits import Http2Limits
from serving.grpc.limits import GrpcLimits
from serving.inference.engine import QueuePolicy
from tests.support.grpc_server import RawClient
from tests.support.http2_frames import call_frames, grpc_status
from tests.support.infer_requests import as_message, picking_request, wide_request


def wait_for(condition):
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end, "it never became true"
        time.sleep(0.005)


def test_twenty_megabytes_both_ways(stub):
    values = np.arange(5 << 20, dtype=np.float32).reshape(1, -1)
    answer = stub.ModelInfer(wide_request(values), timeout=60)
    assert np.array_equal(np.frombuffer(answer.raw_output_contents[0], np.float32), 2 * values[0])


def test_long_messages_at_once_beside_short_ones(stub):
    values = np.ones((1, 1 << 20), np.float32)
    long = [stub.ModelInfer.future(wide_request(values * each), timeout=60) for each in range(6)]
    short = [stub.ModelInfer.future(picking_request(each % 3), timeout=60) for each in range(60)]
    for each, call in enumerate(short):
        assert np.frombuffer(call.result().raw_output_contents[0], np.float32)[0] == 10 * (each % 3 + 1)
    for each, call in enumerate(long):
        assert set(np.frombuffer(call.result().raw_output_contents[0], np.float32)) == {2.0 * each}


def test_many_streams_at_once(stub):
    calls = [stub.ModelInfer.future(picking_request(each % 3), timeout=60) for each in range(2000)]
    values = [np.frombuffer(call.result().raw_output_contents[0], np.float32)[0] for call in calls]
    assert values == [10.0, 20.0, 30.0] * 666 + [10.0, 20.0]


def test_many_connections_at_once(running, connect):
    stubs = [connect(running) for _ in range(30)]
    calls = [stub.ModelInfer.future(picking_request(each % 3), timeout=60) for stub in stubs for each in range(10)]
    assert [call.code() for call in calls] == [grpc.StatusCode.OK] * 300


def test_compressed_requests(running, connect):
    for algorithm in (grpc.Compression.Gzip, grpc.Compression.Deflate):
        stub = connect(running, compression=algorithm)
        values = np.zeros((1, 100_000), np.float32)
        answer = stub.ModelInfer(wide_request(values), timeout=60)
        assert len(answer.raw_output_contents[0]) == values.nbytes


def test_rejects_what_expands_beyond_the_limit(serve, connect):
    with serve("wide", limits=GrpcLimits(message_bytes=100_000)) as running:
        stub = connect(running, compression=grpc.Compression.Gzip)
        with pytest.raises(grpc.RpcError) as caught:
            stub.ModelInfer(wide_request(np.zeros((1, 1 << 20), np.float32)), timeout=60)
        assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED


def test_rejects_a_message_by_the_length_it_announces(serve, connect):
    with serve("wide", limits=GrpcLimits(message_bytes=100_000)) as running:
        stub = connect(running)
        with pytest.raises(grpc.RpcError) as caught:
            stub.ModelInfer(wide_request(np.zeros((1, 1 << 20), np.float32)), timeout=60)
        assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        assert "at most 100000 bytes" in caught.value.details()
        assert stub.ModelInfer(wide_request(np.zeros((1, 10), np.float32)), timeout=60).outputs


def test_rejects_more_at_once_than_there_is_memory_for(serve):
    limits = GrpcLimits(unfinished_bytes=100_000)
    with serve("wide", limits=limits) as running, RawClient(running.port) as client:
        announced = as_message(b"\0" * 500_000)
        client.send(call_frames(1, announced[:60_000], ends=False), call_frames(3, announced[:60_000], ends=False))
        assert grpc_status(client.read_until(HEADERS)) == 8
        client.socket.close()
        wait_for(lambda: running.server.open_connections == 0)
        with RawClient(running.port) as other:
            other.send(call_frames(1, announced[:60_000], ends=False))
            other.send(call_frames(3, as_message(picking_request(0).SerializeToString()), model="ServerLive"))
            assert other.read_until(DATA)[2] == 3  # the first is still taken


def test_a_client_that_grants_a_byte_at_a_time_gets_all_of_it(running):
    values = np.arange(8, dtype=np.float32).reshape(1, -1)
    with RawClient(running.port) as client:
        client.send(settings_frame({Setting.INITIAL_WINDOW_SIZE: 0}))
        client.read_until(SETTINGS, flags=1)
        client.send(call_frames(1, as_message(wide_request(values).SerializeToString())))
        assert client.read_until(HEADERS)[1] & 1 == 0
        received = b""
        while not received.endswith((2 * values).tobytes()):
            client.send(window_update_frame(1, 1))
            kind, _, _, payload = client.read()
            assert (kind, len(payload)) == (DATA, 1)
            received += payload
        assert int.from_bytes(received[1:5], "big") == len(received) - 5
        assert grpc_status(client.read_until(HEADERS, flags=1)) == 0


def test_a_window_that_shrinks_below_zero_holds_the_answer_back(running):
    values = np.zeros((1, 5000), np.float32)
    with RawClient(running.port) as client:
        client.send(settings_frame({Setting.INITIAL_WINDOW_SIZE: 10_000}))
        client.send(call_frames(1, as_message(wide_request(values).SerializeToString())))
        got = len(client.read_until(DATA)[3])
        assert got == 10_000
        client.send(settings_frame({Setting.INITIAL_WINDOW_SIZE: 0}))
        client.read_until(SETTINGS, flags=1)
        client.send(window_update_frame(1, 10_000), window_update_frame(1, 1000))
        assert len(client.read_until(DATA)[3]) == 1000
        client.send(settings_frame({Setting.INITIAL_WINDOW_SIZE: 10_000}))
        assert len(client.read_until(DATA)[3]) > 9000


def test_a_reader_that_stops_is_not_read_further_and_then_cut_off(serve):
    limits = GrpcLimits(http2=Http2Limits(write_seconds=5))
    values = np.zeros((1, 1 << 20), np.float32)
    body = as_message(wide_request(values).SerializeToString())
    with serve("wide", limits=limits) as running, RawClient(running.port) as client:
        client.send(settings_frame({Setting.INITIAL_WINDOW_SIZE: (1 << 31) - 1}), window_update_frame(0, 1 << 30))
        sender = threading.Thread(target=_send_quietly, args=(client, body))
        sender.start()
        connection = running.ask(lambda: next(iter(running.server._connections)))
        wait_for(lambda: running.ask(lambda: connection.outbox.paused_since is not None))
        running.sweep(4)
        assert running.server.open_connections == 1
        running.sweep(6)
        wait_for(lambda: running.server.open_connections == 0)
        sender.join()


def _send_quietly(client, body):
    try:
        for stream in range(1, 80, 2):
            client.send(call_frames(stream, body))
    except OSError:
        pass


def test_a_stream_whose_answer_is_not_taken_is_reset(serve):
    limits = GrpcLimits(http2=Http2Limits(write_seconds=5))
    with serve("wide", limits=limits) as running, RawClient(running.port) as client:
        client.send(settings_frame({Setting.INITIAL_WINDOW_SIZE: 0}))
        client.send(call_frames(1, as_message(wide_request(np.zeros((1, 4), np.float32)).SerializeToString())))
        client.read_until(HEADERS)
        running.sweep(6)
        assert client.read_until(RST_STREAM)[2] == 1
        assert running.server.open_calls == 0


def test_a_cancelled_call_is_not_computed(serve, connect):
    policy = QueuePolicy(inline_seconds=-1.0)  # on the workers, where requests wait
    with serve("wide", policy=policy) as running:
        stub = connect(running)
        stub.ModelInfer(wide_request(np.zeros((1, 10), np.float32)), timeout=60)
        metrics = running.ask(lambda: running.repository.find("wide").metrics)
        slow = [stub.ModelInfer.future(wide_request(np.zeros((1, 1 << 20), np.float32))) for _ in range(8)]
        for call in slow[1:]:
            call.cancel()
        slow[0].result()
        wait_for(lambda: running.server.open_calls == 0)
        assert stub.ModelInfer(wide_request(np.zeros((1, 10), np.float32)), timeout=60).outputs
        assert metrics.answers["grpc", "OK"] >= 3


def test_a_call_that_is_already_late_is_not_computed(running):
    message = as_message(picking_request(0).SerializeToString())
    with RawClient(running.port) as client:
        client.send(call_frames(1, message, timeout="1n"))
        assert grpc_status(client.read_until(HEADERS, flags=1)) == 4
        client.send(call_frames(3, message, timeout="10S"))
        client.read_until(DATA)
        assert grpc_status(client.read_until(HEADERS, flags=1)) == 0


def test_a_full_queue_says_when_to_come_back(serve, connect):
    with serve("picking", policy=QueuePolicy(most_waiting=1)) as running, RawClient(running.port) as client:
        message = as_message(picking_request(0).SerializeToString())
        client.send(*(call_frames(stream, message) for stream in (1, 3, 5)))
        answers = [client.read_until(HEADERS, flags=1) for _ in range(3)]
        assert sorted(grpc_status(answer) for answer in answers) == [0, 8, 8]
        refused = next(answer for answer in answers if grpc_status(answer) == 8)
        assert dict(_headers(refused))["retry-after"] == "1"


def _headers(found):
    from hpack import Decoder

    return Decoder().decode(found[3])
