"""The toy project beside a Kubeflow Pipelines server of the tests' own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support.kubeflow_server.argo import Look, loop
from tests.support.kubeflow_server.server import KubeflowServer, kubeflow_server
from tests.support.toy import ToyProject, make_toy_project

FIRST, SECOND = loop("for-loop-1", 0, "try-candidate"), loop("for-loop-1", 1, "try-candidate")

# How the pipeline `notes` goes: the first candidate is cached, the condition does not hold.
NOTES_GO_WELL = [
    Look("PENDING"),
    Look(steps={"write-note": "driver"}),
    Look(steps={"write-note": "running"}),
    Look(steps={"write-note": "done", FIRST: "cached", SECOND: "running"}),
    Look(
        "SUCCEEDED",
        steps={
            "write-note": "done",
            FIRST: "cached",
            SECOND: "done",
            "choose-candidate": "done",
        },
    ),
]


@dataclass(frozen=True)
class SubmittingProject(ToyProject):
    """A toy project whose settings name the server."""

    url: str

    @property
    def environment(self) -> dict[str, str]:
        return {
            **super().environment,
            "SLIPWAY_KUBEFLOW_URL": self.url,
            "SLIPWAY_KUBEFLOW_POLL_SECONDS": "0.05",
            "SLIPWAY_KUBEFLOW_STUCK_SECONDS": "0.3",
            "SLIPWAY_KUBEFLOW_PATIENCE_SECONDS": "3",
        }

    def declare(self, path: str, text: str) -> None:
        """Write a file of the environment dev."""
        file = self.root / "infra/environments/dev" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def through(self, url: str) -> SubmittingProject:
        """Return the project with another way to the server."""
        return SubmittingProject(self.root, self.scratch, url)


@contextmanager
def submitting_project(folder: Path) -> Iterator[tuple[SubmittingProject, KubeflowServer]]:
    """Yield the project and its server, on which the pipeline `notes` goes well."""
    toy = make_toy_project(folder)
    with kubeflow_server() as server:
        server.state.looks = NOTES_GO_WELL
        yield SubmittingProject(toy.root, toy.scratch, server.url), server
