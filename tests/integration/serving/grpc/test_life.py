"""Connections over time: draining, and what is waited for no longer."""

import struct
import time

import grpc
import numpy as np
import pytest

from serving.grpc.http2.errors import ErrorCode
from serving.grpc.http2.frames import ACK, END_STREAM, GOAWAY, HEADERS, PING, PREFACE, RST_STREAM, frame
from serving.grpc.http2.limits import Http2Limits
from serving.grpc.limits import GrpcLimits
from serving.inference.engine import QueuePolicy
from tests.support.grpc_server import RawClient
from tests.support.http2_frames import call_frames, call_headers, grpc_status, headers_frame
from tests.support.infer_requests import as_message, picking_request, wide_request

LIMITS = GrpcLimits(http2=Http2Limits(head_seconds=5, body_seconds=20, idle_seconds=60))


def wait_for(condition):
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end, "it never became true"
        time.sleep(0.005)


def test_draining_answers_what_is_open_and_closes(serve):
    with serve("wide", policy=QueuePolicy(inline_seconds=-1.0)) as running, RawClient(running.port) as client:
        message = as_message(wide_request(np.zeros((1, 10), np.float32)).SerializeToString())
        client.send(headers_frame(1, call_headers()))
        wait_for(lambda: running.server.open_calls == 1)
        running.ask(running.server.drain)
        first = client.read_until(GOAWAY)
        assert struct.unpack(">II", first[3]) == ((1 << 31) - 1, ErrorCode.NO_ERROR)
        client.send(call_frames(3, message))  # sent before the client read the GOAWAY
        ping = client.read_until(PING)
        client.send(frame(PING, ACK, 0, ping[3]))
        answers = [client.read_until(HEADERS, flags=END_STREAM)]
        client.send(call_frames(5, message))
        client.send(call_frames(1, message)[len(headers_frame(1, call_headers())) :])
        frames = client.read_all()
        answers += [each for each in frames if each[0] == HEADERS and each[1] & END_STREAM]
        assert sorted(answer[2] for answer in answers) == [1, 3]
        assert {grpc_status(answer) for answer in answers} == {0}
        assert [struct.unpack(">II", each[3])[0] for each in frames if each[0] == GOAWAY] == [3]
        assert [each[2] for each in frames if each[0] == RST_STREAM] == [5]
        wait_for(lambda: running.server.open_connections == 0)


def test_draining_under_load_fails_no_call_of_a_real_client(serve, connect):
    with serve("picking") as running:
        stub = connect(running)
        stub.ModelInfer(picking_request(0), timeout=20)
        calls = [stub.ModelInfer.future(picking_request(each % 3), timeout=20) for each in range(500)]
        running.ask(running.server.drain)
        assert {call.code() for call in calls} <= {grpc.StatusCode.OK}


def test_a_client_that_does_not_answer_the_ping_is_left_all_the_same(serve):
    with serve("picking", limits=LIMITS) as running, RawClient(running.port) as client:
        client.send(call_frames(1, as_message(picking_request(0).SerializeToString())))
        client.read_until(HEADERS, flags=END_STREAM)
        running.ask(running.server.drain)
        running.sweep(2)
        assert struct.unpack(">II", client.read_all()[-1][3])[0] == 1


@pytest.mark.parametrize("sent", [b"", PREFACE[:10], PREFACE, PREFACE + frame(4, 0, 0) + b"\0\0"])
def test_a_client_that_stops_in_the_middle_is_closed(serve, sent):
    with serve("picking", limits=LIMITS) as running, RawClient(running.port, greet=False) as client:
        client.send(sent)
        wait_for(lambda: running.server.open_connections == 1)
        running.sweep(4)
        assert running.server.open_connections == 1
        running.sweep(6)
        assert client.read_all()[-1][0] == GOAWAY


def test_a_request_that_never_ends_is_reset(serve):
    with serve("picking", limits=LIMITS) as running, RawClient(running.port) as client:
        client.send(headers_frame(1, call_headers()))
        wait_for(lambda: running.server.open_calls == 1)
        running.sweep(19)
        assert running.server.open_calls == 1
        running.sweep(21)
        assert client.read_until(RST_STREAM)[3] == struct.pack(">I", ErrorCode.CANCEL)


def test_an_idle_connection_is_told_and_closed(serve, connect):
    with serve("picking", limits=LIMITS) as running:
        stub = connect(running)
        stub.ModelInfer(picking_request(0), timeout=20)
        running.sweep(61)
        wait_for(lambda: running.server.open_connections == 0)
        assert stub.ModelInfer(picking_request(0), timeout=20).outputs  # over a new one


def test_a_silent_client_with_an_open_call_is_asked_and_then_left(serve, connect):
    with serve("picking", limits=LIMITS) as running, RawClient(running.port) as client:
        headers = call_headers(**{":path": "/grpc.health.v1.Health/Watch"})
        client.send(headers_frame(1, headers), frame(0, END_STREAM, 1, as_message(b"")))
        client.read_until(HEADERS)
        running.sweep(61)
        ping = client.read_until(PING)
        client.send(frame(PING, ACK, 0, ping[3]))
        running.sweep(100)
        assert running.server.open_connections == 1
        running.sweep(121)
        wait_for(lambda: running.server.open_connections == 0)


def test_a_client_that_vanishes_takes_its_calls_along(serve):
    with serve("picking", limits=LIMITS) as running:
        with RawClient(running.port) as client:
            client.send(headers_frame(1, call_headers()))
            wait_for(lambda: running.server.open_calls == 1)
        wait_for(lambda: running.server.open_connections == 0)
        assert running.server.open_calls == 0
