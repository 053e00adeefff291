"""The platform as Argo CD makes it, from a repository of the test's own: the runtime and one environment."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import yaml

from tests.support.argocd import NAMESPACE, Application, look_again
from tests.support.charts import ROOT, read_yaml
from tests.support.cluster import Object, apply, get, wait_until
from tests.support.git_repository import BRANCH, GitRepository
from tests.support.helm import kubectl
from tests.support.node_images import image_values

PLATFORM = ROOT / "infra/platform"
RUNTIME = Application("serving-runtime")


@dataclass(frozen=True)
class Environment:
    """An environment of infra/environments, in a repository that Argo CD reads."""

    name: str
    repository: GitRepository

    @property
    def namespace(self) -> str:
        """Where its endpoints are."""
        return f"slipway-{self.name}"

    @property
    def root(self) -> Application:
        """The Application of `root.yaml`."""
        return Application(f"platform-{self.name}")

    def file(self, model: str) -> str:
        """Where the values of a model are."""
        return f"infra/environments/{self.name}/models/{model}.yaml"

    def application(self, model: str) -> Application:
        """What Argo CD makes of them."""
        return Application(f"{self.name}-{model}")

    def push(self, model: str, values: Object | str | None) -> str:
        """Push the values of a model, or their end; returns the revision."""
        text = values if isinstance(values, str | None) else yaml.safe_dump(values)
        revision = self.repository.push(f"Change {model}", {self.file(model): text})
        self._look_again(model)
        return revision

    def revert(self, model: str) -> str:
        """Undo the last push, which was of this model; returns the revision."""
        revision = self.repository.revert()
        self._look_again(model)
        return revision

    def deploy(self, model: str, values: Object) -> Application:
        """Push the values of a model, and wait until it is live."""
        revision = self.push(model, values)
        application = self.application(model)
        application.wait_for(revision)
        return application

    def withdraw(self, model: str) -> None:
        """Delete the file of a model, if there is one."""
        if (self.repository.folder / self.file(model)).exists():
            self.push(model, None)

    def _look_again(self, model: str) -> None:
        look_again("applicationsets", f"{self.name}-models", "argocd.argoproj.io/application-set-refresh=true")
        self.application(model).look_again()

    @property
    def models(self) -> Object:
        """The ApplicationSet."""
        return get("applicationsets.argoproj.io", f"{self.name}-models", NAMESPACE)


@contextmanager
def platform(name: str, folder: Path, image: str) -> Iterator[Environment]:
    """Push the project's charts and infra, and apply `root.yaml`; everything is gone afterwards.

    Args:
        name: of the environment, and in the names of all that others on the cluster have too.
        folder: where the repository is cloned to.
        image: of the model server.
    """
    repository = GitRepository.create(name, folder)
    environment = Environment(name, repository)
    try:
        repository.copy(ROOT / "charts", PLATFORM, root=ROOT)
        path = f"infra/environments/{name}/values.yaml"
        revision = repository.push("Begin", {path: yaml.safe_dump(_shared_values(environment, image))})
        apply([_root(environment, image)], NAMESPACE)
        for application in (environment.root, RUNTIME):
            application.wait_for(revision)
        yield environment
    finally:
        _remove(environment)


def _shared_values(environment: Environment, image: str) -> Object:
    """What stands in the environment's `values.yaml`: that of dev, and what the cluster is too small for."""
    return {
        **read_yaml(ROOT / "infra/environments/dev/values.yaml"),
        "runtime": environment.namespace,
        "tests": {"image": image_values(image)},
        "resources": {"requests": {"cpu": "100m", "memory": "128Mi"}, "limits": {"memory": "512Mi"}},
    }


def _root(environment: Environment, image: str) -> Object:
    """`root.yaml` with another repository, and values that leave the runtime and one environment."""
    root = yaml.safe_load((PLATFORM / "root.yaml").read_text())
    values = read_yaml(PLATFORM / "values.yaml")
    runtime = {
        "namespace": f"{environment.namespace}-runtime",
        "values": {
            "name": environment.namespace,
            "autoSelect": False,
            "image": image_values(image),
            "storage": {"enabled": False},
            "probes": {"readinessPeriodSeconds": 1},
            "networkPolicy": {"namespaces": [environment.namespace]},
        },
    }
    own = {
        "applications": {
            **{part: {"enabled": False} for part in values["applications"]},
            RUNTIME.name: runtime,
        },
        "environments": {
            **dict.fromkeys(values["environments"]),
            environment.name: {
                "namespace": environment.namespace,
                "quota": values["environments"]["dev"]["quota"],
            },
        },
    }
    root["metadata"]["name"] = environment.root.name
    root["spec"]["source"].update(repoURL=environment.repository.url, targetRevision=BRANCH)
    root["spec"]["source"]["helm"]["values"] = json.dumps(own)
    return root


def _remove(environment: Environment) -> None:
    """Delete what was made, the endpoints first: their project must be there while Argo CD deletes them."""
    _delete("application", environment.root.name)  # it has no finalizer, and would bring the others back
    wait_until(lambda: _has_no_models(environment), timeout_seconds=180)
    _delete("application", RUNTIME.name)
    for name in (environment.name, "platform"):
        _delete("appproject", name)
    for name in (environment.namespace, f"{environment.namespace}-runtime"):
        kubectl("delete", "namespace", name, "--timeout=180s", "--ignore-not-found")
    environment.repository.delete()


def _has_no_models(environment: Environment) -> bool:
    """Delete them; what the root was about to write when it was deleted comes once more."""
    _delete("applicationset", f"{environment.name}-models")
    return not _applications(environment.name)


def _delete(kind: str, name: str) -> None:
    kubectl("delete", f"{kind}s.argoproj.io", name, "--namespace", NAMESPACE, "--ignore-not-found")


def _applications(environment: str) -> list[str]:
    found = json.loads(kubectl("get", "applications.argoproj.io", "--namespace", NAMESPACE, "--output", "json"))
    return [one["metadata"]["name"] for one in found["items"] if one["spec"]["project"] == environment]
