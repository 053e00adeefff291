"""How requests reach Kubeflow Pipelines: KFP's generated client, bounded in time and with a fresh token.

Import this module when a command connects, not before: `kfp_server_api` is loaded with it.
`kfp.Client` is not used: it loads the whole Kubernetes client, waits for ever and prints.
"""

from __future__ import annotations

import json
from typing import Any

import kfp_server_api

from slipway.cli.kubeflow.credentials import bearer_token, certificates
from slipway.errors import KubeflowError
from slipway.settings import Settings

_NO_JSON_CURE = "Check SLIPWAY_KUBEFLOW_URL: it takes the API server's address, or what a gateway forwards to it."


class Transport(kfp_server_api.ApiClient):  # type: ignore[misc]  # generated, untyped
    """The generated client with a bound for each request; errors come as urllib3 and KFP raise them.

    Nothing is repeated and no redirect is followed here: what is safe to repeat knows the caller,
    and a redirect leads to a login page.
    """

    def __init__(self, settings: Settings, url: str) -> None:
        configuration = kfp_server_api.Configuration(host=url)
        configuration.retries = False
        configuration.ssl_ca_cert = certificates(settings)
        super().__init__(configuration)
        self._settings = settings

    def request(self, method: str, url: str, headers: Any = None, **rest: Any) -> Any:
        """Send a request with the bearer token as its file has it now."""
        seconds = self._settings.kubeflow_timeout_seconds
        token = bearer_token(self._settings)
        headers = {**(headers or {}), **({"authorization": f"Bearer {token}"} if token else {})}
        rest["_request_timeout"] = (seconds, seconds)
        try:
            answer = super().request(method, url, headers=headers, **rest)
        except kfp_server_api.ApiException as error:
            error.body = _readable(error.body or b"")
            raise
        if rest.get("_preload_content", True):
            answer.data = _readable(answer.data)
        return answer

    def deserialize(self, response: Any, response_type: str) -> Any:
        """Read JSON, and nothing else: a gateway may answer with a page for people.

        Raises:
            KubeflowError: it is no JSON.
        """
        parsed(response.data)
        return super().deserialize(response, response_type)

    def text(self, path: str, **path_params: str) -> tuple[str, str]:
        """Get what the generated client knows no call for; returns the body and its content type."""
        answer = self.call_api(path, "GET", path_params=path_params, _preload_content=False)
        return answer.data.decode(errors="replace"), answer.headers.get("Content-Type", "")


def parsed(body: str) -> Any:
    """Return what a body says in JSON.

    Raises:
        KubeflowError: it is no JSON.
    """
    try:
        return json.loads(body)
    except ValueError as error:
        raise KubeflowError(
            "Kubeflow Pipelines answered no JSON", got=repr(body[:60]), cure=_NO_JSON_CURE
        ) from error


def _readable(body: bytes) -> bytes:
    """Return a body that the generated client can decode: it trips over other encodings, and over none."""
    return body.decode(errors="replace").encode()
