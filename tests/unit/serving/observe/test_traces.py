"""Traces as a collector gets them: a real OTLP/HTTP receiver reads what the exporter sends."""

import socket
import subprocess
import sys
import threading
import time
from gzip import decompress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from serving.observe.spans import ModelRun, grpc_call, http_call
from serving.observe.traces import traces_wanted, tracing_from_environment
from slipway.errors import SettingsError

TRACE = "0af7651916cd43dd8448eb211c80319c"
PARENT = "b7ad6b7169203331"
ROUTE = "/v2/models/{name}/infer"


class Collector:
    def __init__(self):
        self.requests = []
        collector = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                if self.headers.get("content-encoding") == "gzip":
                    body = decompress(body)
                collector.requests.append((self.path, ExportTraceServiceRequest.FromString(body)))
                self.send_response(200)
                self.send_header("content-type", "application/x-protobuf")
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server.server_port}"

    @property
    def spans(self):
        return {
            span.name: span
            for _, request in self.requests
            for resource in request.resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        }

    @property
    def resource(self):
        return attributes(self.requests[0][1].resource_spans[0].resource)


def attributes(message):
    return {each.key: getattr(each.value, each.value.WhichOneof("value")) for each in message.attributes}


@pytest.fixture
def collector():
    collector = Collector()
    yield collector
    collector.server.shutdown()
    collector.server.server_close()


@pytest.fixture
def tracing(collector, monkeypatch):
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url)
    tracing = tracing_from_environment()
    yield tracing
    tracing.close()


def run_at(now, **changes):
    facts = {"model": "flights", "version": "7", "digest": "sha256:ab", "rows": 2, "batch_rows": 9}
    return ModelRun(**facts | {"queued": now - 0.03, "started": now - 0.02, "ended": now - 0.01} | changes)


def test_a_request_is_a_server_span_with_its_wait_and_its_run(collector, tracing):
    now = time.monotonic()
    tracing.record({}, http_call("POST", ROUTE, 200, now - 0.04, now, run_at(now)))
    wall = time.time_ns()
    tracing.close()
    assert [path for path, _ in collector.requests] == ["/v1/traces"]
    span, queue, inference = (collector.spans[name] for name in (f"POST {ROUTE}", "queue", "inference"))
    assert span.kind == span.SPAN_KIND_SERVER
    assert attributes(span) == {
        "http.request.method": "POST",
        "http.route": ROUTE,
        "http.response.status_code": 200,
        "url.scheme": "http",
        "slipway.model.name": "flights",
        "slipway.model.version": "7",
        "slipway.bundle.digest": "sha256:ab",
        "slipway.request.rows": 2,
        "slipway.batch.rows": 9,
        "slipway.queue.seconds": pytest.approx(0.01),
    }
    assert queue.parent_span_id == inference.parent_span_id == span.span_id
    assert queue.trace_id == inference.trace_id == span.trace_id
    moments = [
        span.start_time_unix_nano,
        queue.start_time_unix_nano,
        queue.end_time_unix_nano,
        inference.end_time_unix_nano,
        span.end_time_unix_nano,
    ]
    assert moments == sorted(moments)
    assert queue.end_time_unix_nano == inference.start_time_unix_nano
    assert abs(wall - span.end_time_unix_nano) < 60e9
    assert span.end_time_unix_nano - span.start_time_unix_nano == pytest.approx(0.04e9, rel=1e-3)


def test_a_request_joins_its_clients_trace(collector, tracing):
    headers = {b"traceparent": f"00-{TRACE}-{PARENT}-01".encode(), b"tracestate": b"vendor=1"}
    tracing.record(headers, http_call("GET", "/v2", 200, 0, 0.1))
    tracing.close()
    (span,) = collector.spans.values()
    assert span.trace_id.hex() == TRACE
    assert span.parent_span_id.hex() == PARENT
    assert span.trace_state == "vendor=1"


def test_what_the_client_does_not_sample_is_not_sent(collector, tracing):
    tracing.record({b"traceparent": f"00-{TRACE}-{PARENT}-00".encode()}, http_call("GET", "/v2", 200, 0, 0.1))
    tracing.close()
    assert collector.requests == []


@pytest.mark.parametrize(
    "traceparent", [b"", b"00-0-0-01", b"\xff\xfe", b"00-" + b"0" * 32 + b"-" + b"0" * 16 + b"-01"]
)
def test_a_malformed_context_begins_a_new_trace(collector, tracing, traceparent):
    tracing.record({b"traceparent": traceparent}, http_call("GET", "/v2", 200, 0, 0.1))
    tracing.close()
    (span,) = collector.spans.values()
    assert span.parent_span_id == b""


def test_the_sampler_is_the_variables(collector, monkeypatch):
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url)
    monkeypatch.setenv("OTEL_TRACES_SAMPLER", "always_off")
    tracing = tracing_from_environment()
    tracing.record({}, http_call("GET", "/v2", 200, 0, 0.1))
    tracing.close()
    assert collector.requests == []


@pytest.mark.parametrize(("status", "error"), [(200, ""), (404, ""), (429, ""), (500, "500"), (504, "504")])
def test_only_the_servers_own_faults_are_errors_in_http(collector, tracing, status, error):
    tracing.record({}, http_call("GET", "/v2", status, 0, 0.1))
    tracing.close()
    (span,) = collector.spans.values()
    assert attributes(span).get("error.type", "") == error
    assert (span.status.code == span.status.STATUS_CODE_ERROR) == bool(error)


@pytest.mark.parametrize(
    ("status", "error"),
    [("OK", ""), ("INVALID_ARGUMENT", ""), ("RESOURCE_EXHAUSTED", ""), ("INTERNAL", "INTERNAL")],
)
def test_only_the_servers_own_faults_are_errors_in_grpc(collector, tracing, status, error):
    method = "inference.GRPCInferenceService/ModelInfer"
    tracing.record({}, grpc_call(method, status, 0, 0.1))
    tracing.close()
    span = collector.spans[method]
    assert attributes(span) == {
        "rpc.system.name": "grpc",
        "rpc.method": method,
        "rpc.response.status_code": status,
        **({"error.type": error} if error else {}),
    }
    assert (span.status.code == span.status.STATUS_CODE_ERROR) == bool(error)


@pytest.mark.parametrize(
    ("variables", "name"),
    [
        ({}, "slipway"),
        ({"OTEL_SERVICE_NAME": "delays"}, "delays"),
        ({"OTEL_RESOURCE_ATTRIBUTES": "service.name=other,team=x"}, "other"),
    ],
)
def test_the_service_has_a_name(collector, monkeypatch, variables, name):
    for variable, value in variables.items():
        monkeypatch.setenv(variable, value)
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url)
    tracing = tracing_from_environment()
    tracing.record({}, http_call("GET", "/v2", 200, 0, 0.1))
    tracing.close()
    assert collector.resource["service.name"] == name
    assert collector.resource["telemetry.sdk.language"] == "python"


def test_a_collector_that_never_answers_does_not_hold_up_the_end(monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{silent.getsockname()[1]}")
        tracing = tracing_from_environment()
        tracing.record({}, http_call("GET", "/v2", 200, 0, 0.1))
        tracing.close(0.2)
        flushing = [thread for thread in threading.enumerate() if thread.name == "trace-flush"]
        assert flushing  # it was left behind, not waited for
        assert all(thread.daemon for thread in flushing)


def test_no_variables_are_no_traces():
    assert not traces_wanted({})


@pytest.mark.parametrize(
    "variables",
    [
        {"OTEL_TRACES_EXPORTER": "otlp"},
        {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318"},
        {"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://collector:4318/v1/traces"},
        {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4318", "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf"},
    ],
)
def test_an_exporter_or_an_endpoint_asks_for_traces(variables):
    assert traces_wanted(variables)


@pytest.mark.parametrize("off", [{"OTEL_TRACES_EXPORTER": "none"}, {"OTEL_SDK_DISABLED": "TRUE"}])
def test_traces_can_be_switched_off(off):
    assert not traces_wanted({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318", **off})


@pytest.mark.parametrize(
    ("variables", "got"),
    [
        ({"OTEL_TRACES_EXPORTER": "zipkin"}, "zipkin"),
        ({"OTEL_TRACES_EXPORTER": "otlp", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, "grpc"),
    ],
)
def test_another_exporter_is_refused_with_its_cure(variables, got):
    with pytest.raises(SettingsError, match=f"got '{got}'.*OTEL_TRACES_EXPORTER=none"):
        traces_wanted(variables)


def test_missing_packages_are_named_with_their_cure(monkeypatch):
    monkeypatch.setenv("OTEL_TRACES_EXPORTER", "otlp")
    monkeypatch.setitem(sys.modules, "serving.observe.tracing", None)  # how Python marks what cannot be imported
    with pytest.raises(SettingsError, match=r"slipway\[traces\]"):
        tracing_from_environment()


def test_nothing_of_opentelemetry_is_loaded_unless_asked_for():
    program = (
        "import sys, serving.observe.metrics; from serving.observe.traces import tracing_from_environment;"
        "print(tracing_from_environment(), [name for name in sys.modules if 'opentelemetry' in name])"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ran.stdout == "None []\n"
