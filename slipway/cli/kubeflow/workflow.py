"""The nodes of a run's Argo workflow: where its steps are, why they wait, which pod they ran in.

API v2beta1 tells the states of a run's tasks, but neither their pods nor why one waits
(`toApiPipelineTaskDetail` in backend/src/apiserver/server/api_converter.go leaves them out). The
workflow itself has both. The server keeps it, as the persistence agent saw it last, and gives it as
`pipeline_runtime.workflow_manifest` of API v1beta1.
"""

from __future__ import annotations

import base64
import gzip
import json
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from slipway.cli.kubeflow.client import Kubeflow

_EXIT_CODE = re.compile(r"\(exit code (\d+)\)")


@dataclass(frozen=True)
class Node:
    """A node: a pod, or a group of nodes. `name` is its place, as in `root.train-model.executor`."""

    name: str
    type: str
    template: str
    phase: str
    message: str
    pod: str
    started: datetime | None
    finished: datetime | None

    @property
    def is_pod(self) -> bool:
        """True when a pod stands behind it."""
        return self.type == "Pod"

    @property
    def has_failed(self) -> bool:
        """True when it ended badly: `Error` is a fault of Kubernetes' or Argo's."""
        return self.phase in {"Failed", "Error"}

    @property
    def exit_code(self) -> int:
        """The exit code that Argo read from the pod, 1 when it says none."""
        found = _EXIT_CODE.search(self.message)
        return int(found[1]) if found else 1


@dataclass(frozen=True)
class Workflow:
    """A run's workflow: its nodes by place, and whether somebody stopped it."""

    nodes: dict[str, Node]
    message: str = ""
    was_stopped: bool = False

    @classmethod
    def read(cls, manifest: str) -> Workflow:
        """Read the manifest; an empty one has no nodes yet."""
        content: dict[str, Any] = json.loads(manifest) if manifest else {}
        status = content.get("status", {})
        raw = status.get("nodes") or _unpacked(status.get("compressedNodes", ""))
        name = content.get("metadata", {}).get("name", "")
        nodes = (_node(one, name) for one in raw.values())
        return cls(
            nodes={node.name: node for node in sorted(nodes, key=_by_start)},
            message=status.get("message", ""),
            # how KFP stops a run (GetTerminatePatch in backend/src/common/util)
            was_stopped=content.get("spec", {}).get("activeDeadlineSeconds") == 0,
        )

    def below(self, place: str) -> list[Node]:
        """Return the nodes inside the group at a place, in order of their start."""
        return [node for name, node in self.nodes.items() if name.startswith(f"{place}.")]


def fetch_workflow(kubeflow: Kubeflow, run_id: str) -> Workflow:
    """Return the workflow of a run, as the server knows it now.

    Raises:
        KubeflowError: the server or a gateway before it does not offer API v1beta1.
    """
    from slipway.cli.kubeflow.transport import parsed

    def get() -> Workflow:
        body, _ = kubeflow.transport.text("/apis/v1beta1/runs/{run_id}", run_id=run_id)
        return Workflow.read(parsed(body).get("pipeline_runtime", {}).get("workflow_manifest", ""))

    return kubeflow.ask("get the run's workflow", get)


def _node(content: dict[str, Any], workflow: str) -> Node:
    full_name, node_id = content.get("name", ""), content.get("id", "")
    template = content.get("templateName", "")
    return Node(
        name=full_name.removeprefix(workflow).removeprefix("."),
        type=content.get("type", ""),
        template=template,
        phase=content.get("phase", ""),
        message=content.get("message", ""),
        # as RetrievePodName in backend/src/common/util/workflow.go makes it
        pod=workflow if full_name == workflow else f"{workflow}-{template}-{node_id.rpartition('-')[2]}",
        started=_time(content.get("startedAt")),
        finished=_time(content.get("finishedAt")),
    )


def _by_start(node: Node) -> tuple[float, str]:
    return (node.started.timestamp() if node.started else float("inf"), node.name)


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _unpacked(packed: str) -> dict[str, Any]:
    """Unpack the nodes of a workflow that would be too large for Kubernetes' store (Argo's compressedNodes)."""
    nodes: dict[str, Any] = json.loads(gzip.decompress(base64.b64decode(packed))) if packed else {}
    return nodes
