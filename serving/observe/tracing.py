"""Requests as spans of OpenTelemetry; its packages are an extra, so only `traces` imports this."""

from __future__ import annotations

from threading import Thread
from time import monotonic, time_ns

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, OTELResourceDetector, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from serving.observe.spans import Headers, ServerCall

FLUSH_SECONDS = 3.0
_CONTEXT_HEADERS = ("traceparent", "tracestate")


class Tracing:
    """Tells a collector of requests after they were answered; export runs in a thread of its own.

    A request joins the trace that its client names (W3C Trace Context). Sampler, limits, endpoint
    and resource are what OpenTelemetry's variables say.
    """

    def __init__(self) -> None:
        resource = Resource({SERVICE_NAME: "slipway"}).merge(OTELResourceDetector().detect())
        self._provider = TracerProvider(resource=Resource.create().merge(resource), shutdown_on_exit=False)
        self._provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
        self._tracer = self._provider.get_tracer("slipway.serving")
        self._propagator = TraceContextTextMapPropagator()

    def record(self, headers: Headers, call: ServerCall) -> None:
        """Record a request and the parts of its time."""
        origin = time_ns() - int(monotonic() * 1e9)
        context = self._propagator.extract(_carrier(headers))
        span = self._tracer.start_span(
            call.name,
            context,
            trace.SpanKind.SERVER,
            attributes=call.attributes,
            start_time=origin + int(call.start * 1e9),
        )
        if span.is_recording():
            if call.error:
                span.set_status(trace.StatusCode.ERROR)
            inside = trace.set_span_in_context(span)
            for name, start, end in call.parts:
                part = self._tracer.start_span(name, inside, start_time=origin + int(start * 1e9))
                part.end(origin + int(end * 1e9))
        span.end(origin + int(call.end * 1e9))

    def close(self, seconds: float = FLUSH_SECONDS) -> None:
        """Send what is left, for at most `seconds`: a collector that is away must not hold up the end."""
        # The SDK's own shutdown waits as long as its exporter retries.
        flushing = Thread(target=self._provider.shutdown, name="trace-flush", daemon=True)
        flushing.start()
        flushing.join(seconds)


def _carrier(headers: Headers) -> dict[str, str]:
    values = ((name, headers.get(name.encode())) for name in _CONTEXT_HEADERS)
    return {name: value.decode("latin-1") for name, value in values if value}
