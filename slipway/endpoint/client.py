"""An endpoint of the Open Inference Protocol over REST, asked with the standard library.

Source: Open Inference Protocol v2, "HTTP/REST".
"""

from __future__ import annotations

import http.client
import json
import re
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, unquote

from slipway.endpoint.address import opener, require_address, through_gateway
from slipway.errors import EndpointError, InferenceError, UsageError
from slipway.onnx.signature import Datatype, ModelSignature
from slipway.onnx.tensor_json import NamedTensor, tensor_json, values_from_json
from slipway.records import read_record

TIMEOUT_SECONDS = 60.0
_MODEL_PATH = re.compile(r"(?P<base>.*)/v2/models/(?P<name>[^/]+)(?:/versions/[^/]+)?/?")


@dataclass(frozen=True)
class Answer:
    """The outputs for one request, and who gave them; empty where the endpoint does not say."""

    outputs: tuple[NamedTensor, ...]
    version: str
    digest: str


class Endpoint:
    """One model behind a URL; `gateway` is where to connect if the URL's host does not resolve."""

    def __init__(self, url: str, name: str, gateway: str = "") -> None:
        self._model_url = f"{url.rstrip('/')}/v2/models/{quote(name, safe='')}"
        self.name = name
        self._gateway = gateway
        self._opener = opener(gateway or url)

    @classmethod
    def at(cls, target: str, name: str | None, gateway: str = "") -> Endpoint:
        """Take `http://host:port` and a name, or the model's whole URL as `slipway serve` prints it.

        Raises:
            UsageError: no name is given, or the URL is not just a host, a port and a path.
        """
        require_address(target)
        whole = _MODEL_PATH.fullmatch(target)
        if whole:
            return cls(whole["base"], name or unquote(whole["name"]), gateway)
        if not name:
            raise UsageError(
                f"'{target}' names no model",
                cure="Add --name, or give the model's URL: http://HOST:PORT/v2/models/NAME.",
            )
        return cls(target, name, gateway)

    def signature(self) -> ModelSignature:
        """Ask for the model's metadata.

        Raises:
            EndpointError: nothing answers, or not in this protocol.
            InferenceError: the server does not have the model.
        """
        content, _ = self._send("GET", "")
        try:
            return read_record(
                ModelSignature, {side: [_spec(entry) for entry in content[side]] for side in ("inputs", "outputs")}
            )
        except (KeyError, TypeError, ValueError) as error:
            raise self._foreign("the model's inputs and outputs") from error

    def infer(self, inputs: tuple[NamedTensor, ...]) -> Answer:
        """Ask for all outputs of one batch.

        Raises:
            EndpointError: nothing answers, or not in this protocol.
            InferenceError: the server refuses the request; gives its reason.
        """
        request = {"inputs": [tensor_json(each.name, each.datatype, each.values) for each in inputs]}
        content, headers = self._send("POST", "/infer", json.dumps(request).encode())
        try:
            outputs = tuple(tensor_from_json(entry) for entry in content["outputs"])
        except (KeyError, TypeError, ValueError, InferenceError) as error:
            raise self._foreign("output tensors") from error
        version = str(content.get("model_version") or headers.get("slipway-model-version") or "")
        return Answer(outputs, version, headers.get("slipway-bundle-digest") or "")

    def _send(self, method: str, path: str, body: bytes | None = None) -> tuple[dict[str, Any], Mapping[str, str]]:
        url, host = through_gateway(self._model_url + path, self._gateway)
        request = urllib.request.Request(  # noqa: S310 (the command takes http and https only)
            url, data=body, method=method, headers={"Content-Type": "application/json", **host}
        )
        try:
            with self._opener.open(request, timeout=TIMEOUT_SECONDS) as response:
                content = json.loads(response.read())
                headers = response.headers
        except urllib.error.HTTPError as error:
            raise self._refused(error) from error
        except (OSError, http.client.HTTPException) as error:
            raise self._silent(error) from error
        except ValueError as error:
            raise self._foreign("JSON") from error
        if not isinstance(content, dict):
            raise self._foreign("a JSON object")
        return content, headers

    def _refused(self, error: urllib.error.HTTPError) -> EndpointError | InferenceError:
        try:
            reason = str(json.loads(error.read())["error"])
        except (KeyError, OSError, TypeError, ValueError):
            return self._foreign(f"{{'error': ...}} with status {error.code}")
        if error.code >= 500:
            return EndpointError(f"The endpoint at {self._model_url} failed ({error.code}): {reason}")
        return InferenceError(f"The endpoint refused the request ({error.code}): {reason}")

    def _silent(self, error: OSError | http.client.HTTPException) -> EndpointError:
        reason = error.reason if isinstance(error, urllib.error.URLError) else error
        return EndpointError(
            f"The endpoint at {self._model_url} does not answer: {reason}",
            cure="Check the address, or start one: slipway serve MODEL.",
        )

    def _foreign(self, expected: str) -> EndpointError:
        return EndpointError(
            f"What answers at {self._model_url} does not speak the Open Inference Protocol v2",
            expected=expected,
            got="something else",
            cure="Check the address: /v2/models/NAME comes after what you give.",
        )


def tensor_from_json(entry: Mapping[str, Any]) -> NamedTensor:
    """Read one tensor of a request or a response.

    Raises:
        InferenceError: its values do not fit its datatype or shape.
        KeyError, TypeError, ValueError: it is no tensor of the protocol.
    """
    name, datatype = str(entry["name"]), Datatype(entry["datatype"])
    shape = [int(size) for size in entry["shape"]]
    return NamedTensor(name, datatype, values_from_json(name, datatype, shape, entry["data"]))


def _spec(entry: Mapping[str, Any]) -> dict[str, Any]:
    return {key: entry[key] for key in ("name", "datatype", "shape")}
