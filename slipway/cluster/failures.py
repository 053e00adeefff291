"""What a cluster refuses or does not answer, as errors with a cure."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import httpx2
from lightkube.core.exceptions import ConfigError

from slipway.errors import ClusterError, ClusterUnreachableError

_CREDENTIALS = "Log in to the cluster again, or fetch a new kubeconfig: its token or certificate may have expired."
_UNREACHABLE = "Check that the cluster runs and that the address in the kubeconfig is right."
_DOCTOR = "'slipway doctor --cluster' says what the cluster lacks."
# By HTTP status; source: Kubernetes API conventions, "HTTP Status codes".
_CURES = {
    401: _CREDENTIALS,
    403: "Ask whoever runs the cluster for this right: 'slipway doctor --cluster' lists those that are missing.",
    404: f"The cluster does not know such a thing: {_DOCTOR}",
    409: "Somebody else changed it at the same moment: repeat the command.",
    429: "The cluster is busy: repeat the command in a minute.",
}


@contextmanager
def cluster_errors(action: str, address: str) -> Iterator[None]:
    """Turn what the client raises into an error that says which action failed, why, and what to do.

    Args:
        action: what is done, as in "list pods".
        address: the API server's.

    Raises:
        ClusterUnreachableError: nothing answers, or no valid certificate, or the answer broke off.
        ClusterError: the cluster refused, or its credentials cannot be had.
    """
    try:
        yield
    except httpx2.HTTPStatusError as error:
        raise _refused(action, address, error) from error
    except httpx2.HTTPError as error:
        raise _silent(action, address, error) from error
    except (ConfigError, OSError) as error:  # a credential plugin, run at the first request
        raise ClusterError(f"Cannot {action} at {address}: {error}", cure=_CREDENTIALS) from error
    except ValueError as error:  # JSON that breaks off, or none
        raise ClusterUnreachableError(
            f"What answers at {address} is no Kubernetes API: {error}", cure=_UNREACHABLE
        ) from error


def _refused(action: str, address: str, error: httpx2.HTTPStatusError) -> ClusterError:
    code = error.response.status_code if error.response is not None else 0
    reason = getattr(getattr(error, "status", None), "message", None) or f"status {code}"
    if code >= 500:
        return ClusterUnreachableError(f"Cannot {action} at {address}: {reason}", cure=_UNREACHABLE)
    return ClusterError(f"Cannot {action} at {address}: {reason}", cure=_CURES.get(code, _DOCTOR))


def _silent(action: str, address: str, error: httpx2.HTTPError) -> ClusterUnreachableError:
    reason = str(error) or type(error).__name__
    cure = _UNREACHABLE
    if "CERTIFICATE" in reason.upper():
        cure = "The kubeconfig's certificate authority is not this server's: fetch the kubeconfig again."
    return ClusterUnreachableError(f"Cannot {action}: {address} does not answer: {reason}", cure=cure)
