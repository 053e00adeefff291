"""What each harness starts from: requests as clients send them, and what was once answered wrongly."""

from __future__ import annotations

import json
import struct
from typing import Any

import hpack

from serving.grpc.http2.frames import (
    CONTINUATION,
    DATA,
    END_HEADERS,
    END_STREAM,
    GOAWAY,
    HEADERS,
    PADDED,
    PING,
    RST_STREAM,
    WINDOW_UPDATE,
    frame,
)
from serving.grpc.protos.open_inference_pb2 import ModelInferRequest

_PAIR = {"name": "x", "datatype": "FP32", "shape": [2, 2], "data": [[1, 2.5], [None, -3e5]]}
_ROWS = {"name": "x", "datatype": "INT64", "shape": [3], "data": [1, -2, 9223372036854775807]}
_COLUMNS: list[Any] = [
    {"name": "a", "datatype": "FP32", "shape": [1, 1], "data": [0.5]},
    {"name": "b", "datatype": "BYTES", "shape": [1, 1], "data": ["\\u00e9\n"]},
]
_MIXED: list[Any] = [
    {"name": "a", "datatype": "BOOL", "shape": [2], "data": [True, False]},
    {"name": "b", "datatype": "UINT8", "shape": [1, 2], "data": [[0, 255]]},
    {"name": "c", "datatype": "FP16", "shape": [], "data": [0.5]},
]


def _json(*inputs: Any, **more: Any) -> bytes:
    return json.dumps({**more, "inputs": inputs}).encode()


def _raw(plan: int, tail: bytes, *inputs: Any, **more: Any) -> bytes:
    text = _json(*inputs, **more)
    text += b" " * (-len(text) % 16)
    return bytes([plan, len(text) // 16]) + text + tail


def _tensor(name: str, datatype: str, shape: list[int], size: int) -> dict[str, Any]:
    return {"name": name, "datatype": datatype, "shape": shape, "parameters": {"binary_data_size": size}}


def _post(path: str, body: bytes, *lines: str) -> bytes:
    head = [f"POST {path} HTTP/1.1", "host: x", *lines, f"content-length: {len(body)}"]
    return "".join(f"{line}\r\n" for line in head).encode() + b"\r\n" + body


def _infer_request(raw: bool) -> bytes:
    message = ModelInferRequest(model_name="pair", id="1", model_version="1")
    tensor = message.inputs.add(name="x", datatype="FP32", shape=[1, 2])
    if raw:
        message.raw_input_contents.append(struct.pack("<2f", 1, 2))
    else:
        tensor.contents.fp32_contents.extend([1, 2])
        message.outputs.add(name="y")
    return message.SerializeToString()


def _texts_request() -> bytes:
    message = ModelInferRequest(model_name="text")
    message.inputs.add(name="bytes", datatype="BYTES", shape=[1, 1])
    message.inputs.add(name="int64", datatype="INT64", shape=[1, 1])
    message.inputs.add(name="bool", datatype="BOOL", shape=[1, 1])
    message.raw_input_contents.extend([b"\x02\0\0\0ab", struct.pack("<q", -1), b"\1"])
    return message.SerializeToString()


def _columns_request(distance: float, carrier: bytes) -> bytes:
    message = ModelInferRequest(model_name="columns")
    message.inputs.add(name="a", datatype="FP32", shape=[1, 1])
    message.inputs.add(name="b", datatype="BYTES", shape=[1, 1])
    message.raw_input_contents.extend([struct.pack("<f", distance), struct.pack("<I", len(carrier)) + carrier])
    return message.SerializeToString()


def _rows_request(value: int) -> bytes:
    message = ModelInferRequest(model_name="rows")
    message.inputs.add(name="x", datatype="INT64", shape=[1])
    message.raw_input_contents.append(struct.pack("<q", value))
    return message.SerializeToString()


def _after(plan: int, first: bytes, second: bytes) -> bytes:
    return bytes([plan, len(first)]) + first + second


_BLOCK = hpack.Encoder().encode(
    [
        (":method", "POST"),
        (":scheme", "http"),
        (":path", "/inference.GRPCInferenceService/ModelInfer"),
        (":authority", "x"),
        ("content-type", "application/grpc"),
        ("te", "trailers"),
    ],
    huffman=False,
)
_CALL = struct.pack(">BI", 0, len(_infer_request(True))) + _infer_request(True)

SEEDS: dict[str, list[bytes]] = {
    "json_request": [
        b"\0" + _json(_PAIR),
        b"\0" + _json(_PAIR, id="a:b", outputs=[{"name": "x_out", "parameters": {"binary_data": True}}]),
        b"\1" + _json(_ROWS, id="7", parameters={"timeout": 5, "binary_data_output": False}),
        b"\2" + _json(*_COLUMNS),
        b"\3" + _json(*_MIXED),
        b"\5" + _json({"name": "x", "datatype": "BYTES", "shape": [1, 2], "data": ["[", ":"]}),
        b"\0" + b'{"inputs":[{"name":"x","datatype":"FP32","shape":[1,2],"data":[1,2],"data":[3,4]}]}',
        b"\0" + b'{"inputs":[{"name":"x","datatype":"FP32","shape":[1,2],"data":[NaN,1e999]}]}',
        b"\7" + _json({"name": "x", "datatype": "INT8", "shape": [1, 1], "data": [128]}),
    ],
    "json_again": [
        b"\2" + _json(*_COLUMNS) + b"\n" + _json(_COLUMNS[0], {**_COLUMNS[1], "data": ["other"]}),
        b"\2" + _json(*_COLUMNS, id="a") + b"\n" + _json({**_COLUMNS[0], "data": [None]}, _COLUMNS[1], id="b"),
        b"\0" + _json(_PAIR) + b"\n" + _json({**_PAIR, "data": [[1, 2], [3, 4]]}),
        b"\3" + _json(*_MIXED) + b"\n" + _json({**_MIXED[0], "data": [False, True]}, *_MIXED[1:]),
        b"\5"
        + _json({"name": "x", "datatype": "BYTES", "shape": [1, 2], "data": [["a", "b"]]})
        + b"\n"
        + _json({"name": "x", "datatype": "BYTES", "shape": [1, 2], "data": [["", "]"]]}),
    ],
    "binary_request": [
        _raw(0, struct.pack("<2f", 1, 2), _tensor("x", "FP32", [1, 2], 8), id="1"),
        _raw(1, struct.pack("<q", 5), _tensor("x", "INT64", [1], 8)),
        _raw(2, b"\0\0\x80\x3f\1\0\0\0a", _tensor("a", "FP32", [1, 1], 4), _tensor("b", "BYTES", [1, 1], 5)),
        _raw(2, b"\1\0\0\0a", _COLUMNS[0], _tensor("b", "BYTES", [1, 1], 5)),
        b"\1\0" + struct.pack("<2q", 1, 2),
        _raw(1, struct.pack("<q", 5), _tensor("x", "INT64", [1], 8), parameters={"half": "\ud800"}),
        _raw(1, struct.pack("<q", 5), _tensor("x", "INT64", [1], 8), parameters={"huge": 10**400}),
    ],
    "binary_again": [
        _raw(2, b"\0\0\x80\x3f\1\0\0\0a" * 2, _tensor("a", "FP32", [1, 1], 4), _tensor("b", "BYTES", [1, 1], 5)),
        _raw(4, bytes(10) * 2, _tensor("a", "UINT64", [1, 1], 8), _tensor("b", "BF16", [1, 1], 2)),
        _raw(0, struct.pack("<4f", 1, 2, 3, 4), _tensor("x", "FP32", [1, 2], 8), id="1"),
    ],
    "header_length": [b"\0" + b"84\n" + _json(_PAIR), b"\1" + b" 0 \n12345678", b"\1-1\n", b"\x01\xb2\n"],
    "v1_request": [
        b"\0" + b'{"instances": [[1, 2], [3, null]]}',
        b"\2" + b'{"instances": [{"a": 1, "b": "x"}], "parameters": {}}',
        b"\2" + b'{"instances": [[1, "x"]]}',
        b"\2" + b'{"inputs": {"a": [1], "b": ["x"]}}',
        b"\6" + b'{"instances": [[[1, 2], [3, 4]]]}',
        b"\3" + b'{"inputs": {"a": [true, false], "b": [[1]], "c": 1}}',
    ],
    "csv_request": [
        b"\0" + b"1,2\n3,\n",
        b"\2" + b'a,b\r\n1,"x, ""y"""\r\n',
        b"\1" + b"\xef\xbb\xbf1\n2\n",
        b"\4" + b"18446744073709551615,nan\n",
        b"\5" + b'"a\nb",c\n',
    ],
    "http_connection": [
        b"\7" + _post("/v2/models/pair/infer", _json(_PAIR), "x-request-id: 7"),
        b"\1" + b"GET /v2/health/live HTTP/1.1\r\nhost: x\r\n\r\nHEAD /v2 HTTP/1.1\r\nhost: x\r\n\r\n",
        b"\x10" + b"POST /invocations HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n"
        b"content-type: text/csv\r\nx-amzn-sagemaker-target-model: pair\r\n\r\n4\r\n1,2\n\r\n0\r\n\r\n",
        b"\x10" + _post("/v1/models/pair:predict", b'{"instances": [[1, 2]]}', "connection: close"),
        b"\x20" + b"GET /metrics HTTP/1.0\r\n\r\n",
        b"\x05"
        + b"GET http://x/openapi.json?a HTTP/1.1\r\nhost: x\r\nupgrade: h2c\r\nconnection: upgrade\r\n\r\n",
        b"\x40" + _post("/v2/repository/index", b'{"ready": true}') * 2,
        b"\xff" + _post("/v2/models/text/infer", b"{", "expect: 100-continue", "content-encoding: gzip"),
    ],
    "http2_connection": [
        b"\1" + frame(HEADERS, END_HEADERS, 1, _BLOCK) + frame(DATA, END_STREAM, 1, _CALL),
        b"\1" + frame(HEADERS, 0, 1, _BLOCK[:20]) + frame(CONTINUATION, END_HEADERS, 1, _BLOCK[20:]),
        b"\3" + frame(PING, 0, 0, b"12345678") + frame(WINDOW_UPDATE, 0, 0, b"\0\0\1\0"),
        b"\3" + frame(HEADERS, END_HEADERS, 1, _BLOCK) + frame(RST_STREAM, 0, 1, b"\0\0\0\x08"),
        b"\5"
        + frame(HEADERS, END_HEADERS, 1, _BLOCK)
        + frame(DATA, END_STREAM | PADDED, 1, b"\1" + _CALL + b"\0"),
        b"\1" + frame(GOAWAY, 0, 0, bytes(8)) + frame(WINDOW_UPDATE, 0, 1, b"\x7f\xff\xff\xff"),
        b"\0PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n",
    ],
    "grpc_infer": [_infer_request(True), _infer_request(False), _texts_request(), b""],
    "grpc_again": [
        _after(2, _columns_request(1.5, b"AA"), _columns_request(-2.0, b"UAL")),
        _after(2, _columns_request(1.5, b""), _columns_request(0.0, b"x" * 200)),
        _after(1, _rows_request(1), _rows_request(-5)),
    ],
}

# What mutations are made of, besides bytes: escaped as libFuzzer's dictionaries want it.
WORDS = [
    *(r"\"inputs\":[{", r"\"name\":\"x\"", r"\"datatype\":\"FP32\"", r"\"shape\":[1,2]", r"\"data\":["),
    *(r"\"outputs\":[", r"\"parameters\":{", r"\"binary_data_size\":8", r"\"id\":\"", r"\"timeout\":1"),
    *("null", "true", "NaN", "-0.0", "1e400", "1e38", "18446744073709551616", "-9223372036854775809", "[[", "]]"),
    *(r"\\ud800", r"\\u003a", r"\\u0000", r"\xef\xbb\xbf", r"\xff", r"\"\"", r"\"instances\":["),
    *(r"\x0d\x0a", r"\x0d\x0a\x0d\x0a", "content-length: ", "transfer-encoding: chunked", "connection: close"),
    *("expect: 100-continue", "upgrade: x", "content-encoding: gzip", "slipway-timeout-ms: 0", "HTTP/1.0", "%2f"),
    *("inference-header-content-length: ", "x-request-id: ", "GET /v2 HTTP/1.1", "text/csv", "accept: text/csv"),
    *("grpc-timeout", "grpc-encoding", "content-type", "application/grpc", "te", "trailers", r"\x00\x00\x00\x01"),
]
