"""What urllib3 and KFP's client raise, as errors that name the server and the cure.

The server's own errors are gRPC's, as JSON (grpc-gateway): `code`, `message`, `details`. Uploads
answer `error_message` and `error_details` instead (backend/src/apiserver/server).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from slipway.errors import KubeflowError, KubeflowForbiddenError, KubeflowUnreachableError, SlipwayError
from slipway.registry.uris import mask_credentials

NOT_FOUND = 5  # google.rpc.Code; HTTP 404 may be a gateway's
SERVER_ERROR_TRIES = 4

_ADDRESS = "Check SLIPWAY_KUBEFLOW_URL; does a 'kubectl port-forward' still run?"
_LOG = "Read the log of its API server (kubectl logs deploy/ml-pipeline), then repeat the command."
_CERTIFICATE = "Set SLIPWAY_KUBEFLOW_CA_FILE to the certificates that sign the server's own."
_CREDENTIALS = "Set SLIPWAY_KUBEFLOW_TOKEN_FILE or SLIPWAY_KUBEFLOW_TOKEN to a token that may do this."


@dataclass(frozen=True)
class _Silence:
    """What a failed connection's text holds, in plain words, and what to do."""

    holds: str
    said: str
    cure: str
    tries: int | None = None


_SILENCES = (
    _Silence("CERTIFICATE_VERIFY_FAILED", "its certificate is not trusted", _CERTIFICATE, tries=1),
    _Silence("WRONG_VERSION_NUMBER", "it does not speak TLS", "Write http:// in SLIPWAY_KUBEFLOW_URL.", tries=1),
    _Silence("record layer", "it does not speak TLS", "Write http:// in SLIPWAY_KUBEFLOW_URL.", tries=1),
    _Silence("SSL", "no TLS connection comes about", _CERTIFICATE, tries=1),
    _Silence("Connection refused", "nothing listens there", _ADDRESS),
    _Silence("resolve", "its name does not resolve", _ADDRESS),
    _Silence("timed out", "no answer in time", f"Or set SLIPWAY_KUBEFLOW_TIMEOUT_SECONDS higher. {_LOG}"),
    _Silence("", "it hung up before it answered", _LOG),
)


@contextmanager
def kubeflow_errors(url: str, doing: str) -> Iterator[None]:
    """Turn every failure of a request in the body into a SlipwayError.

    Args:
        url: the server's; credentials in it are masked.
        doing: the request in words, as in "create the run"; it follows "Cannot".

    Raises:
        KubeflowUnreachableError: there is no answer, or none from Kubeflow Pipelines itself.
        KubeflowForbiddenError: credentials are missing or do not do.
        KubeflowError: it refuses for another reason.
    """
    try:
        yield
    except SlipwayError:
        raise
    except Exception as error:
        told = _translated(error, f"Cannot {doing} at {mask_credentials(url, url)}")
        if told is None:
            raise
        raise told from error


def grpc_code(error: BaseException | None) -> int:
    """Return the gRPC code of the answer behind an error; 0 when it has none."""
    cause = error.__cause__ if isinstance(error, SlipwayError) else error
    code = _content(cause).get("code", 0)
    return code if isinstance(code, int) else 0


def http_status(error: BaseException) -> int:
    """Return the HTTP status behind an error; 0 when there was no answer."""
    cause = error.__cause__ if isinstance(error, SlipwayError) else error
    return int(getattr(cause, "status", 0) or 0)


def _translated(error: Exception, where: str) -> SlipwayError | None:
    library = type(error).__module__.partition(".")[0]
    status = getattr(error, "status", None)
    if library == "kfp_server_api" and status:
        return _refusal(error, int(status), where)
    if library in {"kfp_server_api", "urllib3"} or isinstance(error, ConnectionError | TimeoutError):
        text = f"{type(error).__name__}: {error}"
        silence = next(one for one in _SILENCES if one.holds in text)
        return KubeflowUnreachableError(
            f"{where}: it does not answer ({silence.said})", cure=silence.cure, tries=silence.tries
        )
    return None


def _refusal(error: Exception, status: int, where: str) -> SlipwayError:
    said = _message(error)
    if status in {401, 403}:
        return KubeflowForbiddenError(f"{where}: it refuses (HTTP {status}): {said}", cure=_CREDENTIALS)
    if 300 <= status < 400:
        return KubeflowForbiddenError(f"{where}: it sends to a login page (HTTP {status})", cure=_CREDENTIALS)
    if status in {408, 429, 502, 503, 504}:
        return KubeflowUnreachableError(f"{where}: it is not ready (HTTP {status}): {said}", cure=_LOG)
    if status >= 500:
        return KubeflowUnreachableError(
            f"{where}: it fails (HTTP {status}): {said}", cure=_LOG, tries=SERVER_ERROR_TRIES
        )
    if status == 404 and not _content(error):
        return KubeflowError(f"{where}: no Kubeflow Pipelines 2 answers there (HTTP 404)", cure=_ADDRESS)
    return KubeflowError(f"{where}: {said} (HTTP {status})", cure="Correct what it names.")


def _content(error: BaseException | None) -> dict[str, Any]:
    try:
        content = json.loads(getattr(error, "body", "") or "")
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}


def _message(error: BaseException) -> str:
    content = _content(error)
    said = (
        content.get("message") or content.get("error_message") or getattr(error, "reason", "") or "no reason given"
    )
    return str(said)[:600].rstrip(". ")
