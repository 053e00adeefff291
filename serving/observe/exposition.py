"""The metrics as Prometheus and OpenMetrics text.

Names follow https://prometheus.io/docs/practices/naming/; those of the process itself carry no
prefix, as in every other exporter.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.metrics_core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
    Metric,
)
from prometheus_client.openmetrics.exposition import generate_latest as _generate_open_metrics
from prometheus_client.registry import Collector

if TYPE_CHECKING:
    from serving.observe.histogram import Histogram
    from serving.observe.metrics import ServerMetrics
    from serving.observe.model_metrics import ModelMetrics

PLAIN_TEXT = "text/plain; version=0.0.4; charset=utf-8"
OPEN_METRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"

_MODEL = ("model", "version")
_open_metrics: Callable[[Collector], bytes] = _generate_open_metrics  # which says no types itself


class Exposition(NamedTuple):
    """One scrape's answer."""

    content_type: str
    body: bytes


class Exposer(Collector):
    """Reads the counts when asked; costs nothing in between."""

    def __init__(self, metrics: ServerMetrics) -> None:
        self._metrics = metrics
        self._registry = CollectorRegistry()
        self._registry.register(self)
        ProcessCollector(registry=self._registry)

    def exposition(self, accept: str) -> Exposition:
        """Write OpenMetrics 1.0 where the `Accept` header names it, else Prometheus text."""
        if "application/openmetrics-text" in accept:
            return Exposition(OPEN_METRICS, _open_metrics(self._registry))
        return Exposition(PLAIN_TEXT, generate_latest(self._registry))

    def describe(self) -> Iterable[Metric]:
        """Name nothing ahead: the registry need not look for collisions."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """Read every count once."""
        models = self._metrics.models
        yield from self._server()
        yield from _state(models)
        yield from _answers(models)
        for name, documentation, histogram in _HISTOGRAMS:
            yield _histogram(name, documentation, models, histogram)
        yield from _drift(models)

    def _server(self) -> Iterator[Metric]:
        yield GaugeMetricFamily(
            "slipway_server_ready",
            "Whether every wanted model is loaded and requests are taken.",
            value=float(self._metrics.ready()),
        )
        yield GaugeMetricFamily(
            "slipway_requests_in_flight",
            "Requests read and not yet answered.",
            value=self._metrics.requests_in_flight(),
        )
        rejected = CounterMetricFamily(
            "slipway_rejected",
            "Requests not computed; without a model where none was found.",
            labels=("model", "reason"),
        )
        for model, reasons in self._metrics.rejections.items():
            for reason, count in reasons.items():
                rejected.add_metric((model, reason), count)
        failures = CounterMetricFamily(
            "slipway_model_load_failures", "Loads that failed; what served before goes on.", labels=("model",)
        )
        for model, count in self._metrics.load_failures.items():
            failures.add_metric((model,), count)
        yield from (rejected, failures)


def _state(models: list[ModelMetrics]) -> Iterator[Metric]:
    info = InfoMetricFamily("slipway_model", "The content of each version that answers.", labels=_MODEL)
    ready = GaugeMetricFamily(
        "slipway_model_ready", "Whether the version answers: 0 once it was swapped out.", labels=_MODEL
    )
    depth = GaugeMetricFamily("slipway_queue_depth", "Requests waiting or running.", labels=_MODEL)
    for model in models:
        labels = (model.name, model.version)
        ready.add_metric(labels, float(model.ready))
        depth.add_metric(labels, model.queue_depth())
        if model.ready:
            info.add_metric(labels, {"digest": model.digest})
    yield from (info, ready, depth)


def _answers(models: list[ModelMetrics]) -> Iterator[Metric]:
    answers = CounterMetricFamily(
        "slipway_requests", "Requests answered, by protocol and status.", labels=(*_MODEL, "protocol", "status")
    )
    bytes_in = CounterMetricFamily("slipway_request_bytes", "Bytes of the requests' bodies.", labels=_MODEL)
    bytes_out = CounterMetricFamily("slipway_response_bytes", "Bytes of the answers' bodies.", labels=_MODEL)
    for model in models:
        labels = (model.name, model.version)
        for kind, count in model.answers.items():
            answers.add_metric((*labels, *kind), count)
        bytes_in.add_metric(labels, model.bytes_in)
        bytes_out.add_metric(labels, model.bytes_out)
    yield from (answers, bytes_in, bytes_out)


_HISTOGRAMS: tuple[tuple[str, str, Callable[[ModelMetrics], Histogram]], ...] = (
    ("request_duration_seconds", "From the request read to its answer.", lambda model: model.request_seconds),
    ("queue_duration_seconds", "What a request waited for its run.", lambda model: model.queue_seconds),
    ("inference_duration_seconds", "One run of the model, for a whole batch.", lambda model: model.run_seconds),
    ("batch_rows", "Rows of one run.", lambda model: model.batch_rows),
    ("batch_requests", "Requests of one run.", lambda model: model.batch_requests),
)


def _histogram(
    name: str, documentation: str, models: list[ModelMetrics], of: Callable[[ModelMetrics], Histogram]
) -> Metric:
    family = HistogramMetricFamily(f"slipway_{name}", documentation, labels=_MODEL)
    for model in models:
        histogram = of(model)
        family.add_metric((model.name, model.version), histogram.buckets(), sum_value=histogram.total)
    return family


def _drift(models: list[ModelMetrics]) -> Iterator[Metric]:
    score = GaugeMetricFamily(
        "slipway_feature_drift_score",
        "Population stability index against the training rows: 0 is no change, above 0.2 is a shift.",
        labels=(*_MODEL, "feature"),
    )
    rows = GaugeMetricFamily("slipway_feature_drift_rows", "Sampled rows behind the drift scores.", labels=_MODEL)
    for model in models:
        if model.drift is None:
            continue
        rows.add_metric((model.name, model.version), model.drift.rows)
        for feature, value in model.drift.scores().items():
            score.add_metric((model.name, model.version, feature), value)
    yield from (score, rows)
