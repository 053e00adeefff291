"""A cluster, as one context of the kubeconfig reaches it; objects come and go as plain JSON."""

from __future__ import annotations

import logging
import os
import ssl
from collections.abc import Mapping, Sequence
from typing import Any

import httpx2
import yaml
from lightkube import Client, KubeConfig
from lightkube.config import client_adapter
from lightkube.config.kubeconfig import SingleConfig
from lightkube.core.exceptions import ConfigError

from slipway.cluster.failures import cluster_errors
from slipway.errors import ClusterError

logger = logging.getLogger(__name__)

FIELD_MANAGER = "slipway"
EVERYWHERE = "*"
TIMEOUT_SECONDS = 10.0
Json = dict[str, Any]
_NO_CONFIG = (ConfigError, KeyError, TypeError, ValueError, OSError, AssertionError, yaml.YAMLError, ssl.SSLError)


class Cluster:
    """One cluster; every method raises what `cluster_errors` does."""

    def __init__(self, config: SingleConfig, timeout_seconds: float = TIMEOUT_SECONDS) -> None:
        timeout = httpx2.Timeout(timeout_seconds)
        self.context = config.context_name
        self.address = config.cluster.server
        self._client = Client(config, timeout=timeout, field_manager=FIELD_MANAGER)
        self._http = client_adapter.Client(config, client_adapter.ConnectionParams(timeout=timeout))

    @classmethod
    def connect(cls, context: str = "", timeout_seconds: float = TIMEOUT_SECONDS) -> Cluster:
        """Read the kubeconfig, or inside a pod its service account; nothing is asked yet.

        Args:
            context: name in the kubeconfig; empty for its current one.
            timeout_seconds: bound of one request.

        Raises:
            ClusterError: there is no usable kubeconfig, or it lacks the context.
        """
        wanted = f"context '{context}'" if context else "current context"
        try:
            config = KubeConfig.from_env().get(context or None)
            assert config is not None, f"no {wanted}"  # noqa: S101 (only with a default, which is not given)
            return cls(config, timeout_seconds)
        except _NO_CONFIG as error:
            reason = f"no entry {error}" if isinstance(error, KeyError) else f"{error}"
            raise ClusterError(
                f"No cluster can be reached: {reason}",
                expected=f"a kubeconfig with a {wanted}",
                got=f"KUBECONFIG={os.environ.get('KUBECONFIG', '(not set: ~/.kube/config)')}",
                cure="Point KUBECONFIG at one file that 'kubectl get nodes' works with.",
            ) from error

    def get(self, kind: Any, name: str, namespace: str | None = None) -> Json | None:
        """Read one object; None where there is none, or no such kind."""
        where: dict[str, Any] = {} if namespace is None else {"namespace": namespace}
        try:
            with cluster_errors(f"read {kind.__name__} '{name}'", self.address):
                return _plain(self._client.get(kind, name, **where))
        except ClusterError as error:
            if _status(error) == 404:
                return None
            raise

    def list(
        self,
        kind: Any,
        namespace: str | None = None,
        labels: Mapping[str, str] | None = None,
        fields: Mapping[str, str] | None = None,
    ) -> list[Json]:
        """Read all objects of a kind; `EVERYWHERE` for all namespaces, None for a kind that has none."""
        where: dict[str, Any] = {"labels": dict(labels or {}), "fields": dict(fields or {})}
        where |= {} if namespace is None else {"namespace": namespace}
        with cluster_errors(f"list {kind.__name__}s", self.address):
            return [_plain(each) for each in self._client.list(kind, **where)]

    def list_known(self, kind: Any) -> Sequence[Json]:
        """Read all objects of a kind without namespaces; none where the cluster does not know the kind."""
        try:
            return self.list(kind)
        except ClusterError as error:
            if _status(error) == 404:
                return []
            raise

    def create(self, thing: Any) -> Json:
        """Create an object of a lightkube kind, and give what the server made of it."""
        with cluster_errors(f"create {type(thing).__name__}", self.address):
            return _plain(self._client.create(thing))

    def log_tail(self, pod: str, container: str, namespace: str, lines: int) -> Sequence[str]:
        """Read the last lines of a container's log; none where they cannot be had, for they only explain."""
        try:
            with cluster_errors(f"read the log of pod '{pod}'", self.address):
                return list(self._client.log(pod, namespace=namespace, container=container, tail_lines=lines))
        except ClusterError as error:
            logger.info("%s", error)
            return []

    def read_path(self, path: str) -> Json | None:
        """GET a path of the API that is no object, as `/version`; None where there is none."""
        with cluster_errors(f"read {path}", self.address):
            answer = self._http.get(path)
            if answer.status_code == 404:
                return None
            answer.raise_for_status()
            content: Json = answer.json()
            return content


def _plain(thing: Any) -> Json:
    """Whatever lightkube made of it, as the server sent it."""
    content: Json = thing.to_dict()
    return content


def _status(error: ClusterError) -> int:
    cause = error.__cause__
    return cause.response.status_code if isinstance(cause, httpx2.HTTPStatusError) else 0
