"""`python -m tests.benchmarks.cluster`: from an alias to a live endpoint, and from a pod's start to ready.

On the cluster of KUBECONFIG, with a registry in a pod and the images on the node. Each round moves the
champion and has `slipway deploy` take it to the endpoint: resolved, fetched, verified, rolled out and asked
through the gateway.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import yaml

from slipway.registry.aliases import promote
from slipway.settings import Settings
from tests.support.cluster import Object, find, temporary_namespace, wait_until
from tests.support.cluster_mlflow import PASSWORD, USER, forwarded, start_mlflow
from tests.support.deploy_project import DeployProject
from tests.support.endpoint import CHART, GATEWAY
from tests.support.helm import helm_path
from tests.support.node_images import image_on_node, image_values
from tests.support.register_once import register_once
from tests.support.registry_bundle import registry_bundle
from tests.support.runtime import installed_runtime

MODEL = "tiny"
MOST_SECONDS = {"alias to live endpoint": 60.0, "container start to ready": 5.0, "pod created to ready": None}


@dataclass(frozen=True)
class Round:
    """Seconds of one deployment; those of the pod are whole ones, as Kubernetes notes them."""

    deploy: float
    container: float
    pod: float


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.cluster", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="deployments of a next version")
    rounds = measured(parser.parse_args(arguments).rounds)
    rows = zip(
        MOST_SECONDS.items(),
        zip(*[(one.deploy, one.container, one.pod) for one in rounds], strict=True),
        strict=True,
    )
    for (what, most), seconds in rows:
        bound = f", wanted at most {most:g} s" if most else ""
        print(f"{what}: {statistics.median(seconds):.1f} s ({min(seconds):.1f} to {max(seconds):.1f}){bound}")
    return 0


def measured(count: int) -> list[Round]:
    """Deploy a first version, then `count` others over it."""
    storage = {"image": image_values(image_on_node("release"))}
    os.environ.update(MLFLOW_TRACKING_USERNAME=USER, MLFLOW_TRACKING_PASSWORD=PASSWORD)
    with (
        tempfile.TemporaryDirectory() as folder,
        temporary_namespace("bench") as namespace,
        installed_runtime({"storage": storage}) as runtime,
    ):
        start_mlflow(namespace, image_on_node("mlflow"))
        with forwarded(namespace) as address:
            project = _project(Path(folder) / "project", namespace, runtime)
            return [_deployed(project, address, number) for number in range(count + 1)][1:]


def _project(root: Path, namespace: str, runtime: str) -> DeployProject:
    project = DeployProject(root, namespace, "", GATEWAY.geturl())
    chart = root / "charts/endpoint"
    chart.rename(chart.with_name("small"))
    chart.symlink_to(CHART)
    values = {"runtime": runtime, "storage": {"container": runtime}}
    (root / "infra/environments/dev/values.yaml").write_text(yaml.safe_dump(values), encoding="utf-8")
    return project


def _deployed(project: DeployProject, address: str, number: int) -> Round:
    settings = Settings(home=project.root / ".slipway", tracking_uri=address, tracking_timeout_seconds=60)
    bundle = registry_bundle(project.root / f"bundle-{number}", weight=2.0 + number)
    promote(MODEL, register_once(bundle, settings, MODEL)[1], settings)
    variables = {
        "SLIPWAY_TRACKING_URI": address,
        "SLIPWAY_TRACKING_TIMEOUT_SECONDS": "60",
        "SLIPWAY_HOME": str(settings.home),
    }
    path = f"{Path(helm_path()).parent}:{os.environ['PATH']}"
    command = [
        str(Path(sys.executable).with_name("slipway")),
        "deploy",
        f"models:/{MODEL}@champion",
        "--env",
        "dev",
    ]
    started = time.monotonic()
    subprocess.run(command, cwd=project.root, env={**os.environ, **variables, "PATH": path}, check=True)
    seconds = time.monotonic() - started
    wait_until(lambda: len(_pods(project)) == 1)
    (pod,) = _pods(project)
    ready = next(one["lastTransitionTime"] for one in pod["status"]["conditions"] if one["type"] == "Ready")
    begun = pod["status"]["containerStatuses"][0]["state"]["running"]["startedAt"]
    return Round(seconds, _between(begun, ready), _between(pod["metadata"]["creationTimestamp"], ready))


def _pods(project: DeployProject) -> list[Object]:
    return find("pods", project.namespace, f"app=isvc.{MODEL}-predictor")


def _between(first: str, second: str) -> float:
    return (datetime.fromisoformat(second) - datetime.fromisoformat(first)).total_seconds()


if __name__ == "__main__":
    sys.exit(main())
