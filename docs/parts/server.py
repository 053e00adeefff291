"""The model server's flags, errors, metrics and limits."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields

from docs.parts.part import part, table
from serving.faults import FAULTS, INTERNAL, Fault
from serving.grpc.http2.limits import Http2Limits
from serving.grpc.status import Code
from serving.http.openapi_operation import ERRORS
from serving.inference.cost import LEAST_FIXED_SHARE, MANY_ROWS
from serving.inference.engine import QueuePolicy
from serving.observe.drift import LEAST_ROWS, MOST_FEATURES
from serving.observe.exposition import Exposer
from serving.observe.metrics import ServerMetrics
from serving.observe.sampler import ROWS_PER_SECOND
from serving.observe.window import WINDOW_ROWS
from serving.platforms import ALIASES
from serving.settings import ServingSettings

# Defaults that differ from machine to machine.
_MACHINE = {"workers": "as many as there are cores"}

_HTTP2_MEANINGS = {
    "streams": ("calls at once on a connection", "`REFUSED_STREAM`"),
    "header_bytes": ("bytes of a call's headers", "`RESOURCE_EXHAUSTED`, or the connection ends"),
    "continuations": ("frames of a call's headers", "the connection ends"),
    "resets": ("calls that the client gives up within a second", "the connection ends"),
    "idle_frames": ("frames within a second that carry nothing", "the connection ends"),
    "frame_bytes": ("bytes of a frame", "the connection ends"),
    "stream_window": ("bytes of a call that the server has not read yet", "the client waits"),
    "connection_window": ("bytes of a connection that the server has not read yet", "the client waits"),
    "head_seconds": ("seconds for the preface, or the rest of a frame", "the connection ends"),
    "body_seconds": ("seconds for the rest of a request", "`CANCEL`"),
    "idle_seconds": ("seconds without a call", "`GOAWAY`"),
    "write_seconds": ("seconds that an answer stays unread", "the connection ends"),
}


@part("server-flags")
def flags() -> str:
    """List every flag of the server with its default and what it means."""
    return table(("flag", "default", "meaning"), map(_flag, fields(ServingSettings)))


def _flag(option: object) -> tuple[str, str, str]:
    name, default, facts = option.name, option.default, option.metadata  # type: ignore[attr-defined]
    shown = f"`{str(default).lower()}`" if default not in ("", ()) else ""
    also = " and ".join(f"`{variable}`" for variable in ALIASES.get(name, ()))
    about = facts["about"] + ("; may be given several times" if facts["many"] else "")
    return (
        f"`--{name.replace('_', '-')}`",
        _MACHINE.get(name, shown),
        f"{about}; also {also}" if also else about,
    )


@part("server-errors")
def faults() -> str:
    """List the statuses of both transports, the reason that counts them, and when each is sent."""
    by_status = {fault.http: fault for fault in (*FAULTS.values(), INTERNAL)}
    rows = [_fault(status, by_status.get(status), when) for status, when in ERRORS.items()]
    return table(("HTTP", "gRPC", "counted as", "when"), rows)


def _fault(status: int, fault: Fault | None, when: str) -> tuple[str, str, str, str]:
    code, reason = (f"`{Code(fault.grpc).name}`", f"`{fault.reason}`") if fault else ("", "")
    return str(status), code, reason, when


@part("server-metrics")
def metrics() -> str:
    """List the metrics with their kind, their labels and what they say."""
    return table(("metric", "kind", "labels", "meaning"), _metrics())


def _metrics() -> Iterator[tuple[str, str, str, str]]:
    suffixes = {"counter": "_total", "info": "_info"}
    for family in Exposer(ServerMetrics()).collect():
        labels = ", ".join(f"`{label}`" for label in getattr(family, "_labelnames", ()))
        yield f"`{family.name}{suffixes.get(family.type, '')}`", family.type, labels, family.documentation


@part("http2-limits")
def http2_limits() -> str:
    """List what one gRPC connection may cost."""
    limits = Http2Limits()
    rows = [
        (f"{getattr(limits, each.name):,}".removesuffix(".0"), *_HTTP2_MEANINGS[each.name])
        for each in fields(limits)
    ]
    return table(("at most", "of what", "beyond"), rows)


@part("joining")
def joining() -> str:
    """Say which requests are joined, with the numbers of the policy."""
    policy = QueuePolicy()
    return (
        f"- A model is light if a run of one row takes at most {policy.inline_seconds * 1000:g} ms, else heavy; "
        "that is measured when it is loaded.\n"
        "- A light model answers at once all that was read in one turn of the event loop.\n"
        "- Of a heavy one, what waits is shared among the workers that are free.\n"
        f"- A joined run has at most {policy.most_rows} rows (`--max-batch-rows`), and fewer where these "
        f"would take more than {policy.joined_seconds * 1000:g} ms.\n"
        f"- Of a heavy model up to {MANY_ROWS} rows are joined all the same, as long as what a run costs beside "
        f"its rows is over {LEAST_FIXED_SHARE:.0%} of it."
    )


@part("drift")
def drift() -> str:
    """Say of which rows the drift score is."""
    return (
        f"- About {ROWS_PER_SECOND:g} rows a second are looked at, each as likely as any other.\n"
        f"- The score is of the last {WINDOW_ROWS:,} of them; before {LEAST_ROWS} there is none.\n"
        f"- At most {MOST_FEATURES} features of a model are watched."
    )
