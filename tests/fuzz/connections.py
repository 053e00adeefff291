"""Connections: whatever comes, whole answers or an end, and never a fault of the server's own."""

from __future__ import annotations

import re
import struct
from collections.abc import Sequence

import hpack
import httptools

from serving.faults import SERVER_FAULT
from serving.grpc.http2.frames import DATA, END_HEADERS, END_STREAM, GOAWAY, HEADERS, PREFACE, RST_STREAM, SETTINGS
from serving.grpc.http2.frames import frame as http2_frame
from tests.fuzz.stack import stack

_DATE = re.compile(rb"date: [^\r]*\r\n")
_LONGEST_FRAME = 1 << 14
_PATH = "/inference.GRPCInferenceService/ModelInfer"


def http_connection(data: bytes) -> None:
    """Send HTTP/1.1 in pieces and in one: the answers are well formed, the same, and none is 500.

    The first byte is the size of the pieces.
    """
    size, sent = (data[0] or 1, data[1:]) if data else (1, b"")
    pieces = [sent[start : start + size] for start in range(0, len(sent), size)]
    together = stack().run_http([sent])
    apart = stack().run_http(pieces)
    if sent.startswith(PREFACE[:16]):
        return
    statuses = _statuses(together)
    assert statuses == _statuses(apart), (together, apart)
    assert 500 not in statuses, together
    if max(statuses, default=0) < 400 and b"/metrics" not in sent:  # of two faults either may be named
        assert _DATE.sub(b"", together) == _DATE.sub(b"", apart), (together, apart)


def http2_connection(data: bytes) -> None:
    """Send frames after a right opening, or anything; the answer is frames."""
    size, sent = (data[0] or 1, data[1:]) if data else (1, b"")
    if size & 1:
        sent = PREFACE + http2_frame(SETTINGS, 0, 0) + sent
    pieces = [sent[start : start + size * 16] for start in range(0, len(sent), size * 16)]
    for given in ([sent], pieces):
        frames = list(_frames(stack().run_http2(given)))
        assert frames[0][0] == SETTINGS
        decoder = hpack.Decoder()
        for kind, _, _, payload in frames:
            if kind == HEADERS:
                _check_headers(list(decoder.decode(payload)))


def grpc_infer(data: bytes) -> None:
    """Send a ModelInferRequest's bytes twice in one call each: both are answered, alike."""
    message = struct.pack(">BI", 0, len(data)) + data
    encoder = hpack.Encoder()
    sent = PREFACE + http2_frame(SETTINGS, 0, 0)
    for stream in (1, 3):
        fields = [
            (":method", "POST"),
            (":scheme", "http"),
            (":path", _PATH),
            (":authority", "x"),
            ("content-type", "application/grpc"),
            ("te", "trailers"),
        ]
        sent += http2_frame(HEADERS, END_HEADERS, stream, encoder.encode(fields))
        parts = [message[start : start + _LONGEST_FRAME] for start in range(0, len(message), _LONGEST_FRAME)]
        for number, part in enumerate(parts, start=1):
            sent += http2_frame(DATA, END_STREAM if number == len(parts) else 0, stream, part)
    first, second = _answers(stack().run_http2([sent]))
    assert first == second, (first, second)


def _statuses(answers: bytes) -> list[int]:
    """Parse what a server sent, all of it."""
    statuses: list[int] = []
    while answers:
        reader = _AnswerReader()
        rest = reader.read(answers)
        statuses.append(reader.status)
        answers = rest
    return statuses


class _AnswerReader:
    """Reads one HTTP/1.1 answer by its head and its content-length."""

    def __init__(self) -> None:
        self.status = 0

    def read(self, data: bytes) -> bytes:
        head, found, rest = data.partition(b"\r\n\r\n")
        assert found, data
        self._headers: dict[bytes, bytes] = {}
        parser = httptools.HttpResponseParser(self)
        parser.feed_data(head + b"\r\n\r\n")
        self.status = parser.get_status_code()
        length = int(self._headers.get(b"content-length", b"0")) if self.status >= 200 else 0
        if not rest or rest.startswith(b"HTTP/1.1 "):
            return rest  # the answer to a HEAD has a length and no body
        assert len(rest) >= length, data
        return rest[length:]

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers[name.lower()] = value


def _frames(data: bytes) -> list[tuple[int, int, int, bytes]]:
    frames = []
    while data:
        word, flags, stream = struct.unpack_from(">IBI", data)
        length, kind = word >> 8, word & 0xFF
        assert length <= _LONGEST_FRAME, length
        assert len(data) >= 9 + length, "a frame is cut short"
        frames.append((kind, flags, stream, data[9 : 9 + length]))
        data = data[9 + length :]
    return frames


def _check_headers(fields: Sequence[tuple[str | bytes, str | bytes]]) -> None:
    assert dict(fields).get("grpc-message") != SERVER_FAULT, fields


def _answers(data: bytes) -> list[tuple[object, ...]]:
    """Return what came back on streams 1 and 3: headers, data and trailers of each."""
    decoder = hpack.Decoder()
    found: dict[int, list[object]] = {1: [], 3: []}
    for kind, flags, stream, payload in _frames(data):
        assert kind not in (GOAWAY, RST_STREAM), (kind, payload)
        if kind == HEADERS:
            fields = list(decoder.decode(payload))
            _check_headers(fields)
            found[stream].append(tuple(fields))
        elif kind == DATA:
            found[stream].append(payload)
        if stream in found and flags & END_STREAM:
            found[stream].append("end")
    for answer in found.values():
        assert answer, "a call has no answer"
        assert answer[-1] == "end", answer
    return [tuple(answer) for answer in found.values()]
