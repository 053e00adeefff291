"""The client of the tracking server, set up so that a dead server fails in seconds.

MLflow is imported here and below only when called: it costs more than a second.
"""

from __future__ import annotations

import logging
import math
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from slipway.registry.embedded import database_file, ensure_database
from slipway.registry.failures import tracking_errors
from slipway.settings import Settings

if TYPE_CHECKING:
    from mlflow import MlflowClient

PACE_BYTES_PER_SECOND = 1 << 20
_TIMEOUT = "MLFLOW_HTTP_REQUEST_TIMEOUT"
_NOISY = ("mlflow", "alembic", "urllib3")
_CONNECT_TIMEOUT_DIALECTS = ("postgresql", "mysql")

_Item = TypeVar("_Item")


def connect(settings: Settings) -> MlflowClient:
    """Open a client of the configured server, or of the embedded registry, which it creates.

    Sets MLflow's `MLFLOW_HTTP_REQUEST_*` variables in this process: MLflow takes them from nowhere else.

    Raises:
        TrackingUnreachableError: the database does not answer. A server over HTTP is asked first by
            the first request, so wrap that in `tracking_errors`.
    """
    _configure(settings)
    uri = settings.resolved_tracking_uri
    file = database_file(settings)
    if file is not None:
        ensure_database(file, settings)
    elif not uri.startswith(("http:", "https:")):
        _require_database(uri, settings)
    with tracking_errors(settings, "open the registry"):
        from mlflow import MlflowClient

        return MlflowClient(tracking_uri=uri, registry_uri=uri)


@contextmanager
def transfer_time(settings: Settings, size_bytes: int) -> Iterator[None]:
    """Give requests of the body the time that `size_bytes` take at 1 MiB/s, beside the usual bound."""
    seconds = settings.tracking_timeout_seconds + size_bytes / PACE_BYTES_PER_SECOND
    os.environ[_TIMEOUT] = str(math.ceil(seconds))
    try:
        yield
    finally:
        os.environ[_TIMEOUT] = str(math.ceil(settings.tracking_timeout_seconds))


def every(page: Callable[..., Any], **query: Any) -> list[Any]:
    """All items of a paged search, which MLflow hands out page by page."""
    items: list[Any] = []
    token: str | None = None
    while True:
        found = page(page_token=token, **query)
        items += found
        token = found.token
        if not token:
            return items


def _configure(settings: Settings) -> None:
    os.environ[_TIMEOUT] = str(math.ceil(settings.tracking_timeout_seconds))
    os.environ["MLFLOW_HTTP_REQUEST_MAX_RETRIES"] = "1"
    os.environ["MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR"] = "1"
    os.environ["MLFLOW_HTTP_REQUEST_BACKOFF_JITTER"] = "0"
    os.environ["MLFLOW_HTTP_RESPECT_RETRY_AFTER_HEADER"] = "false"
    for name in ("MLFLOW_DISABLE_TELEMETRY", "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT"):
        os.environ.setdefault(name, "true")
    os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
    # Through the server: the addresses it offers in its store often lead nowhere from here, and time out.
    for name in ("MLFLOW_ENABLE_PROXY_MULTIPART_DOWNLOAD", "MLFLOW_ENABLE_PROXY_MULTIPART_UPLOAD"):
        os.environ.setdefault(name, "false")
    import mlflow  # noqa: F401 (it sets its loggers' levels when imported)

    for name in _NOISY:  # whatever they log comes back as an exception, which is rendered once
        logging.getLogger(name).setLevel(logging.CRITICAL)


def _require_database(uri: str, settings: Settings) -> None:
    """Connect once: MLflow itself would try for 100 seconds."""
    with tracking_errors(settings, "open the registry"):
        from sqlalchemy import create_engine

        seconds = math.ceil(settings.tracking_timeout_seconds)
        bound = {"connect_timeout": seconds} if uri.startswith(_CONNECT_TIMEOUT_DIALECTS) else {}
        engine = create_engine(uri, connect_args=bound)
        try:
            engine.connect().close()
        finally:
            engine.dispose()
