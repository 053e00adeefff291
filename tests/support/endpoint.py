"""An endpoint on a real cluster: installed by its chart, asked through the gateway."""

from __future__ import annotations

import http.client
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import grpc

from tests.support.cluster import Object, find, get, wait_for, wait_until
from tests.support.helm import helm, kubectl
from tests.support.serving_process import Answer, ask

CHART = Path(__file__).resolve().parents[2] / "charts/endpoint"
# Where the gateway of the cluster is reached from here; the host of an endpoint need not resolve.
GATEWAY = urlsplit(os.environ.get("SLIPWAY_TEST_GATEWAY", "http://127.0.0.1:8088"))


class GatewayConnection(http.client.HTTPConnection):
    """A connection to the gateway that asks for one host."""

    def __init__(self, host: str) -> None:
        super().__init__(str(GATEWAY.hostname), GATEWAY.port or 80, timeout=30)
        self._asked_for = host

    def request(
        self, method: str, url: str, body: Any = None, headers: Mapping[str, str] = {}, **more: Any
    ) -> None:
        """Send a request for the host."""
        super().request(method, url, body, {**headers, "Host": self._asked_for}, **more)


@dataclass(frozen=True)
class Endpoint:
    """A release of `charts/endpoint`."""

    name: str
    namespace: str
    base: Object  # values that every upgrade has

    def upgrade(self, values: Object, *, wait: bool = True) -> None:
        """Install or upgrade, and wait until the model is ready.

        Raises:
            CommandError: Helm or the cluster refuses, or it is not ready in time; has the events.
        """
        text = json.dumps({**self.base, **values})
        helm("upgrade", "--install", self.name, CHART, "--namespace", self.namespace, "--values", "-", stdin=text)
        if wait:
            self.wait_until_ready()

    def wait_until_ready(self) -> None:
        """Wait for what was asked for last, not for what there was before."""
        wait_until(self._is_followed)
        wait_for("inferenceservice", self.name, self.namespace, "condition=Ready")
        self._wait_for_rollout()
        # The gateway learns of a new route a moment after KServe has written it.
        wait_until(lambda: self.ask("GET", "/v2/health/ready").status == 200)

    def _is_followed(self) -> bool:
        """Whether KServe has handed the model that is asked for on to the pods; its conditions do not say."""
        made = find("deployments", self.namespace, f"app=isvc.{self.name}-predictor")
        return [_facts(one["spec"]["template"]) for one in made] == [_facts(self.service)]

    def _wait_for_rollout(self) -> None:
        deployment = f"deployment/{self.name}-predictor"
        kubectl("rollout", "status", deployment, "--namespace", self.namespace, "--timeout=180s")

    @property
    def service(self) -> Object:
        """The InferenceService."""
        return get("inferenceservice", self.name, self.namespace)

    @property
    def pods(self) -> list[Object]:
        """The pods of the model server."""
        return find("pods", self.namespace, f"app=isvc.{self.name}-predictor")

    @property
    def replicas(self) -> int:
        """How many are ready."""
        status = get("deployment", f"{self.name}-predictor", self.namespace)["status"]
        return int(status.get("readyReplicas", 0))

    @property
    def host(self) -> str:
        """What KServe calls it at the gateway."""
        return str(urlsplit(self.service["status"]["url"]).hostname)

    def connect(self) -> http.client.HTTPConnection:
        """Open a connection through the gateway."""
        return GatewayConnection(self.host)

    def ask(self, method: str, path: str, body: Any = None) -> Answer:
        """Ask through the gateway."""
        connection = self.connect()
        try:
            return ask(connection, method, path, body)
        finally:
            connection.close()

    def channel(self) -> grpc.Channel:
        """Open a channel of gRPC through the gateway."""
        return grpc.insecure_channel(GATEWAY.netloc, options=[("grpc.default_authority", self.host)])


def _facts(one: Object) -> Object:
    annotations = one["metadata"].get("annotations", {})
    return {name: fact for name, fact in annotations.items() if name.startswith("slipway.dev/")}
