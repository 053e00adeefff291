"""The logs of a run's steps, kept in files as those of a local run are.

The server reads them from the pod, or from its archive once the pod is gone, at
`/apis/v1alpha1/runs/RUN/nodes/POD/log` (backend/src/apiserver/main.go, run_log_server.go). It says 200
before it looks; a failure then stands in the body, as JSON.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

from slipway.cli.kubeflow.client import Kubeflow
from slipway.errors import KubeflowError
from slipway.storage import write_whole

# What Argo's and KFP's own programs write around the step's: glog, logrus, and the last word of each.
_MACHINERY = re.compile(
    r'^(?:[IWEF]\d{4} \d\d:\d\d:\d\d\.\d+ .*|time="?\d{4}-\d\d-\d\dT.*|\{.*"argo": ?true.*|Error: exit status \d+|'
    r"\[KFP Executor .*|\d{4}/\d\d/\d\d \d\d:\d\d:\d\d .*)\n?",
    re.MULTILINE,
)
_FAILURE = '{"error_message":'


class RunLogs:
    """Fetches the logs of one run's pods into a folder."""

    def __init__(self, kubeflow: Kubeflow, run_id: str) -> None:
        self._kubeflow = kubeflow
        self._run_id = run_id
        self._shown: dict[Path, int] = {}

    def fetch(self, pod: str, target: Path) -> str:
        """Write a pod's log to a file and return what is new since the last time; empty when there is none.

        A log that cannot be had is no reason to fail: the pod may be gone, or a gateway in between.
        """
        text = self._read(pod)
        if not text:
            return ""
        write_whole(target, text)
        new = text[self._shown.get(target, 0) :]
        self._shown[target] = len(text)
        return new

    def _read(self, pod: str) -> str:
        def get() -> tuple[str, str]:
            path = "/apis/v1alpha1/runs/{run}/nodes/{pod}/log"
            return self._kubeflow.transport.text(path, run=self._run_id, pod=pod)

        try:
            text, kind = self._kubeflow.ask(f"read the log of pod '{pod}'", get)
        except KubeflowError:
            return ""
        return "" if kind.startswith("text/html") else _without_failure(text)


def said_by_step(log: str) -> str:
    """Return a log without the lines of the programs around the step."""
    return _MACHINERY.sub("", log)


def _without_failure(text: str) -> str:
    before, found, after = text.rpartition(_FAILURE)
    try:
        failed = bool(found) and "error_message" in json.loads(found + after)
    except ValueError:
        failed = False
    return before if failed else text
