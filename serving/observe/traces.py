"""Whether to trace: where OpenTelemetry's own variables ask for it.

Source: OpenTelemetry, "Environment Variable Specification". Its packages take 9 MB and 0.2 s, so they
are loaded only then.
"""

from __future__ import annotations

from collections.abc import Mapping
from os import environ
from typing import TYPE_CHECKING

from slipway.errors import SettingsError

if TYPE_CHECKING:
    from serving.observe.tracing import Tracing

_EXPORTER = "OTEL_TRACES_EXPORTER"
_ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
_PROTOCOLS = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
_PROTOCOL = "http/protobuf"


def tracing_from_environment() -> Tracing | None:
    """Return what the process's variables ask for; None where they ask for no traces.

    Raises:
        SettingsError: they ask for what this server does not do, or the packages are not installed.
    """
    if not traces_wanted(environ):
        return None
    try:
        from serving.observe.tracing import Tracing  # noqa: PLC0415 (an extra)
    except ImportError as error:
        raise SettingsError(
            f"Traces are asked for, but their packages are not installed: {error}",
            cure=f"Install slipway[traces], or set {_EXPORTER}=none.",
        ) from error
    return Tracing()


def traces_wanted(environment: Mapping[str, str]) -> bool:
    """Say whether traces go to a collector: to the one of an endpoint, or to one on this machine.

    Raises:
        SettingsError: another exporter or protocol is asked for than OTLP over HTTP.
    """
    exporter = environment.get(_EXPORTER, "")
    if exporter == "none" or environment.get("OTEL_SDK_DISABLED", "").lower() == "true":
        return False
    if exporter not in {"", "otlp"}:
        raise _unsupported(_EXPORTER, "otlp or none", exporter)
    wanted = exporter == "otlp" or any(environment.get(name) for name in _ENDPOINTS)
    variable = next((name for name in _PROTOCOLS if environment.get(name)), "")
    if wanted and variable and environment[variable] != _PROTOCOL:
        raise _unsupported(variable, f"{_PROTOCOL}, which collectors take on port 4318", environment[variable])
    return wanted


def _unsupported(variable: str, expected: str, got: str) -> SettingsError:
    return SettingsError(
        f"{variable} asks for what this server does not do",
        expected=expected,
        got=repr(got),
        cure=f"Change it, or set {_EXPORTER}=none.",
    )
