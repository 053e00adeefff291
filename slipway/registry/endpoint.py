"""Which bundle a running endpoint serves, as the endpoint itself says.

Source: Open Inference Protocol v2, "Model Metadata"; the header is Slipway's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from http.client import HTTPException
from urllib.error import HTTPError, URLError
from urllib.parse import quote, urlsplit, urlunsplit
from urllib.request import Request

from slipway.endpoint.address import opener, through_gateway
from slipway.errors import EndpointError
from slipway.registry.uris import mask_credentials

DIGEST_HEADER = "slipway-bundle-digest"
_MODEL_PATH = re.compile(r"(?P<base>.*)/v2/models/(?P<name>[^/]+)(?:/versions/[^/]+)?(?:/(?:infer|ready))?/?")


def served_digest(url: str, known_models: Iterable[str], timeout_seconds: float, gateway: str = "") -> str:
    """Ask an endpoint for the digest of the bundle it serves.

    Args:
        url: the endpoint, or the address of one of its models (`…/v2/models/NAME`).
        known_models: names to try when `url` names none.
        timeout_seconds: bound of one request.
        gateway: where to connect if the URL's host does not resolve; empty for the host itself.

    Raises:
        EndpointError: nothing answers there, or what answers serves none of these models, or is no
            server of Slipway's.
    """
    parts = urlsplit(url)
    found = _MODEL_PATH.fullmatch(parts.path)
    paths = [found[0].rstrip("/")] if found else [_model_path(parts.path, name) for name in known_models]
    for path in paths:
        model_url = urlunsplit((parts.scheme, parts.netloc, re.sub(r"/(infer|ready)$", "", path), "", ""))
        digest = _digest(model_url, timeout_seconds, gateway)
        if digest:
            return digest
    raise EndpointError(
        f"The endpoint {mask_credentials(url)} does not say which bundle it serves",
        expected=f"the header {DIGEST_HEADER} on its model metadata",
        got="none" if paths else "no model name to ask for",
        cure="Give the model's own address, as in http://HOST:PORT/v2/models/NAME, of a Slipway server.",
    )


def _model_path(base: str, name: str) -> str:
    return f"{base.rstrip('/')}/v2/models/{quote(name)}"


def _digest(url: str, timeout_seconds: float, gateway: str) -> str:
    """Read the header; empty where the server has no such model."""
    address, host = through_gateway(url, gateway)
    request = Request(address, headers=dict(host))  # noqa: S310 (the caller checked: http)
    try:
        with opener(address).open(request, timeout=timeout_seconds) as response:
            return str(response.headers.get(DIGEST_HEADER, ""))
    except HTTPError as error:
        error.close()
        return ""
    except (URLError, HTTPException, OSError) as error:
        reason = getattr(error, "reason", error)
        raise EndpointError(
            f"The endpoint {mask_credentials(url)} does not answer: {reason}",
            cure="Start it with 'slipway serve', or correct the address; where a cluster's host does not resolve, "
            "add --gateway http://HOST:PORT of its gateway.",
        ) from error
