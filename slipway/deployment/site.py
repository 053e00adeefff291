"""Where endpoints of an environment are made: its settings, its cluster and its releases."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import reduce
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml
from lightkube.models.meta_v1 import ObjectMeta

from slipway.cluster import kinds
from slipway.cluster.connection import Cluster, Json
from slipway.cluster.helm import Helm
from slipway.deployment.environments import Environment, load_environment, read_yaml, values_files
from slipway.errors import UsageError

CHART = Path("charts/endpoint")
_LABELS = {"app.kubernetes.io/managed-by": "slipway", "pod-security.kubernetes.io/enforce": "restricted"}


@dataclass(frozen=True)
class Site:
    """One environment of a project, opened."""

    name: str
    root: Path
    environment: Environment
    cluster: Cluster

    @classmethod
    def open(cls, name: str, root: Path) -> Site:
        """Read the environment and the kubeconfig; nothing is asked yet.

        Raises:
            UsageError, SettingsError: see `load_environment`.
            ClusterError: there is no usable kubeconfig.
        """
        environment = load_environment(name, root)
        return cls(name, root, environment, Cluster.connect(environment.context))

    @property
    def namespace(self) -> str:
        """Where its endpoints live."""
        return self.environment.namespace

    @property
    def helm(self) -> Helm:
        """Releases of this environment."""
        return Helm(self.environment.context, self.namespace)

    @property
    def chart(self) -> Path:
        """The endpoints' chart.

        Raises:
            UsageError: the project has none.
        """
        path = self.root / CHART
        if not (path / "Chart.yaml").is_file():
            raise UsageError(f"'{self.root}' has no chart '{CHART}'", cure="Change into a project that has it.")
        return path

    def default_values(self) -> dict[str, Any]:
        """Give the chart's values with the environment's over them, as Helm merges them."""
        files = [self.chart / "values.yaml", *values_files(self.name, self.root)]
        return reduce(_merged, map(read_yaml, files))

    def inference_service(self, endpoint: str) -> Json | None:
        """Read an endpoint's InferenceService; None where there is none."""
        return self.cluster.get(kinds.InferenceService, endpoint, self.namespace)

    def require_namespace(self) -> None:
        """Make the namespace if there is none; its pods are held to Pod Security 'restricted'.

        Raises:
            ClusterError: it may not be made.
        """
        if self.cluster.get(kinds.Namespace, self.namespace) is None:
            self.cluster.create(kinds.Namespace(metadata=ObjectMeta(name=self.namespace, labels=dict(_LABELS))))

    @contextmanager
    def values_files(self, endpoint: str, wanted: Mapping[str, Any]) -> Iterator[list[Path]]:
        """Yield the values for Helm, the last beating the first: environment, endpoint, what is wanted."""
        with TemporaryDirectory(prefix="slipway-values-") as folder:
            last = Path(folder) / "wanted.yaml"
            last.write_text(yaml.safe_dump(dict(wanted)), encoding="utf-8")
            yield [*values_files(self.name, self.root, endpoint), last]


def _merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(below)
    for key, value in above.items():
        old = merged.get(key)
        merged[key] = _merged(old, value) if isinstance(old, Mapping) and isinstance(value, Mapping) else value
    return merged
