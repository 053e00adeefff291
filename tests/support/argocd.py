"""What Argo CD says of its Applications on a real cluster."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import Any

from tests.support.cluster import Object, get, wait_until
from tests.support.helm import CommandError, kubectl

NAMESPACE = "argocd"


def look_again(kind: str, name: str, annotation: str) -> None:
    """Have Argo CD read Git at once, as it does when the Git server calls its webhook."""
    kubectl("annotate", f"{kind}.argoproj.io", name, annotation, "--namespace", NAMESPACE, "--overwrite")


@dataclass(frozen=True)
class Application:
    """An Application, asked anew each time."""

    name: str

    @property
    def status(self) -> Object:
        """What the controller writes; empty where there is no such Application yet."""
        try:
            return dict(get("applications.argoproj.io", self.name, NAMESPACE).get("status") or {})
        except CommandError:
            return {}

    @property
    def state(self) -> tuple[str, str]:
        """Sync and health, such as Synced and Healthy."""
        return self._sync.get("status", ""), self.status.get("health", {}).get("status", "")

    @property
    def syncs(self) -> int:
        """How often it was written to the cluster."""
        return len(self.status.get("history", []))

    @property
    def conditions(self) -> dict[str, str]:
        """What is wrong, by type."""
        return {one["type"]: one["message"] for one in self.status.get("conditions", [])}

    def look_again(self) -> None:
        """Have it compared with what is in Git now, if there is such an Application."""
        with contextlib.suppress(CommandError):
            look_again("applications", self.name, "argocd.argoproj.io/refresh=normal")

    def wait_for(self, revision: str, timeout_seconds: float = 240) -> None:
        """Wait until it is Synced to a revision, and Healthy.

        Raises:
            TimeoutError: it is not within the time; has what it says.
        """
        try:
            wait_until(
                lambda: self._sync.get("revision") == revision and self.state == ("Synced", "Healthy"),
                timeout_seconds,
            )
        except TimeoutError as error:
            raise TimeoutError(f"{self.name}: {error}: {self._story()}") from error

    @property
    def _sync(self) -> dict[str, Any]:
        return dict(self.status.get("sync", {}))

    def _story(self) -> str:
        status = self.status
        wrong = [one for one in status.get("resources", []) if one.get("status") != "Synced"]
        return f"{self.state} {self.conditions} {status.get('operationState', {}).get('message')} {wrong}"
