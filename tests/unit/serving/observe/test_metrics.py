"""Counts go in as the server makes them and come out as Prometheus's own parsers read them."""

import os

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_open_metrics
from prometheus_client.parser import text_string_to_metric_families as parse_plain

from serving.inference.plan import ModelPlan
from serving.observe.exposition import OPEN_METRICS, PLAIN_TEXT
from serving.observe.metrics import MOST_RETIRED, ServerMetrics
from slipway.evaluation.drift import DriftBaseline, NumericHistogram
from slipway.onnx.signature import Datatype, ModelSignature, TensorSpec

PLAN = ModelPlan.of(
    ModelSignature(
        inputs=(TensorSpec(name="x", datatype=Datatype.FP32, shape=(-1, 1)),),
        outputs=(TensorSpec(name="y", datatype=Datatype.FP32, shape=(-1, 1)),),
    )
)
BASELINE = DriftBaseline(10, {"x": NumericHistogram(edges=(0.5,), shares=(0.5, 0.5), missing_share=0.0)})
FLIGHTS = {"model": "flights", "version": "7"}


@pytest.fixture
def server():
    return ServerMetrics()


@pytest.fixture
def flights(server):
    return server.for_model("flights", "7", "sha256:ab", PLAN, None)


def samples(server, name):
    text = server.exposition().body.decode()
    return {
        tuple(sorted(sample.labels.items())): sample.value
        for family in parse_plain(text)
        for sample in family.samples
        if sample.name == name
    }


def value(server, name, **labels):
    return samples(server, name)[tuple(sorted(labels.items()))]


def test_answers_are_counted_by_protocol_and_status(server, flights):
    flights.observe_answer("rest", "200", 0.001, 100, 50)
    flights.observe_answer("rest", "200", 0.003, 10, 5)
    flights.observe_answer("grpc", "INVALID_ARGUMENT", 0.001, 1, 2)
    assert value(server, "slipway_requests_total", **FLIGHTS, protocol="rest", status="200") == 2
    assert value(server, "slipway_requests_total", **FLIGHTS, protocol="grpc", status="INVALID_ARGUMENT") == 1
    assert value(server, "slipway_request_bytes_total", **FLIGHTS) == 111
    assert value(server, "slipway_response_bytes_total", **FLIGHTS) == 57


def test_a_duration_counts_in_its_bucket_and_all_above(server, flights):
    flights.observe_answer("rest", "200", 0.001, 0, 0)  # on a bound: at most it
    flights.observe_answer("rest", "200", 0.0011, 0, 0)
    flights.observe_answer("rest", "200", 60, 0, 0)
    name = "slipway_request_duration_seconds"
    counts = [
        value(server, f"{name}_bucket", **FLIGHTS, le=bound)
        for bound in ("0.0005", "0.001", "0.0025", "10.0", "+Inf")
    ]
    assert counts == [0, 1, 2, 2, 3]
    assert value(server, f"{name}_count", **FLIGHTS) == 3
    assert value(server, f"{name}_sum", **FLIGHTS) == pytest.approx(60.0021)


def test_a_batch_is_counted_once_and_its_waits_singly(server, flights):
    flights.observe_batch(requests=3, rows=40, queue_seconds=[0.0001, 0.0002, 0.5], run_seconds=0.004)
    assert value(server, "slipway_queue_duration_seconds_count", **FLIGHTS) == 3
    assert value(server, "slipway_queue_duration_seconds_bucket", **FLIGHTS, le="0.0001") == 1
    assert value(server, "slipway_inference_duration_seconds_sum", **FLIGHTS) == 0.004
    assert value(server, "slipway_batch_rows_bucket", **FLIGHTS, le="32.0") == 0
    assert value(server, "slipway_batch_rows_bucket", **FLIGHTS, le="64.0") == 1
    assert value(server, "slipway_batch_requests_sum", **FLIGHTS) == 3


def test_answers_of_one_run_are_counted_together(server, flights):
    flights.observe_answers("rest", "200", [0.001, 0.2], 30, 40)
    assert value(server, "slipway_requests_total", **FLIGHTS, protocol="rest", status="200") == 2
    assert value(server, "slipway_request_duration_seconds_bucket", **FLIGHTS, le="0.001") == 1
    assert value(server, "slipway_request_duration_seconds_sum", **FLIGHTS) == pytest.approx(0.201)
    assert value(server, "slipway_request_bytes_total", **FLIGHTS) == 30
    assert value(server, "slipway_response_bytes_total", **FLIGHTS) == 40


def test_rejections_have_a_model_only_where_one_was_found(server, flights):
    flights.observe_rejection("overloaded")
    server.rejected("unknown_model")
    assert samples(server, "slipway_rejected_total") == {
        (("model", "flights"), ("reason", "overloaded")): 1,
        (("model", ""), ("reason", "unknown_model")): 1,
    }


def test_gauges_ask_when_scraped(server, flights):
    waiting = 3
    flights.queue_depth = lambda: waiting
    server.requests_in_flight = lambda: waiting + 1
    assert value(server, "slipway_queue_depth", **FLIGHTS) == 3
    waiting = 5
    assert value(server, "slipway_queue_depth", **FLIGHTS) == 5
    assert value(server, "slipway_requests_in_flight") == 6


def test_readiness_is_the_servers_and_each_models(server, flights):
    assert value(server, "slipway_server_ready") == 0
    server.ready = lambda: True
    assert value(server, "slipway_server_ready") == 1
    assert value(server, "slipway_model_ready", **FLIGHTS) == 1
    assert value(server, "slipway_model_info", **FLIGHTS, digest="sha256:ab") == 1


def test_a_failed_load_is_counted_from_none(server, flights):
    assert value(server, "slipway_model_load_failures_total", model="flights") == 0
    server.load_failed("flights")
    assert value(server, "slipway_model_load_failures_total", model="flights") == 1


def test_a_retired_version_keeps_its_counts_and_loses_its_drift(server):
    old = server.for_model("flights", "7", "sha256:ab", PLAN, BASELINE)
    old.queue_depth = lambda: 1
    server.for_model("flights", "8", "sha256:cd", PLAN, None)
    old.observe_answer("rest", "200", 0.001, 0, 0)
    server.retire(old)
    old.observe_answer("rest", "200", 0.001, 0, 0)  # one that was still running
    assert value(server, "slipway_requests_total", **FLIGHTS, protocol="rest", status="200") == 2
    assert value(server, "slipway_model_ready", **FLIGHTS) == 0
    assert value(server, "slipway_queue_depth", **FLIGHTS) == 0
    assert list(samples(server, "slipway_model_info")) == [
        (("digest", "sha256:cd"), ("model", "flights"), ("version", "8"))
    ]
    assert not samples(server, "slipway_feature_drift_rows")


def test_a_version_that_returns_counts_on(server, flights):
    flights.observe_answer("rest", "200", 0.001, 0, 0)
    server.retire(flights)
    again = server.for_model("flights", "7", "sha256:ef", PLAN, None)
    again.observe_answer("rest", "200", 0.001, 0, 0)
    assert value(server, "slipway_requests_total", **FLIGHTS, protocol="rest", status="200") == 2
    assert value(server, "slipway_model_info", **FLIGHTS, digest="sha256:ef") == 1


def test_a_version_that_is_loaded_again_stays_ready(server):
    old = server.for_model("flights", "7", "sha256:ab", PLAN, BASELINE)
    new = server.for_model("flights", "7", "sha256:ab", PLAN, BASELINE)
    new.queue_depth = lambda: 2
    server.retire(old)
    assert value(server, "slipway_model_ready", **FLIGHTS) == 1
    assert value(server, "slipway_queue_depth", **FLIGHTS) == 2
    assert value(server, "slipway_feature_drift_rows", **FLIGHTS) == 0
    server.retire(new)
    assert value(server, "slipway_model_ready", **FLIGHTS) == 0


def test_only_the_last_retired_versions_are_kept(server):
    serving = server.for_model("flights", "now", "sha256:ab", PLAN, None)
    for version in range(MOST_RETIRED + 3):
        server.retire(server.for_model("flights", str(version), "sha256:ab", PLAN, None))
    versions = [metrics.version for metrics in server.models]
    assert versions[0] == serving.version
    assert versions[1:] == [str(version) for version in range(3, MOST_RETIRED + 3)]


def test_rejections_outlive_a_forgotten_version(server):
    first = server.for_model("flights", "first", "sha256:ab", PLAN, None)
    first.observe_rejection("overloaded")
    server.retire(first)
    for version in range(MOST_RETIRED):
        server.retire(server.for_model("flights", str(version), "sha256:ab", PLAN, None))
    assert "first" not in [metrics.version for metrics in server.models]
    assert value(server, "slipway_rejected_total", model="flights", reason="overloaded") == 1


def test_drift_has_rows_before_it_has_a_score(server):
    server.for_model("flights", "7", "sha256:ab", PLAN, BASELINE)
    assert value(server, "slipway_feature_drift_rows", **FLIGHTS) == 0
    assert not samples(server, "slipway_feature_drift_score")


@pytest.mark.parametrize("accept", ["", "*/*", "text/plain;version=1.0.0;escaping=allow-utf-8", "text/html"])
def test_prometheus_text_is_the_default(server, accept):
    assert server.exposition(accept).content_type == PLAIN_TEXT


@pytest.mark.parametrize("version", ["1.0.0", "0.0.1", "x", "9"])
def test_openmetrics_is_given_when_asked_for(server, flights, version):
    flights.observe_answer("rest", "200", 0.001, 1, 1)
    flights.observe_batch(1, 1, [0.1], 0.1)
    flights.observe_rejection("deadline")
    content_type, body = server.exposition(f"application/openmetrics-text;version={version};q=0.5,*/*;q=0.1")
    assert content_type == OPEN_METRICS
    families = {family.name: family for family in parse_open_metrics(body.decode())}
    assert families["slipway_requests"].type == "counter"
    assert families["slipway_request_duration_seconds"].type == "histogram"
    assert families["slipway_model"].type == "info"


def test_every_name_has_the_prefix_or_is_the_processes(server, flights):
    names = {family.name for family in parse_plain(server.exposition().body.decode())}
    assert all(name.startswith(("slipway_", "process_")) for name in names)
    assert {"process_resident_memory_bytes", "process_open_fds", "process_start_time_seconds"} <= names


def test_the_process_is_this_one(server):
    mine = os.times()
    assert 0 < value(server, "process_cpu_seconds_total") <= mine.user + mine.system + 60
    assert value(server, "process_resident_memory_bytes") > 1 << 20
