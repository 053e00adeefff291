"""What tests do on a real cluster, by kubectl, in namespaces that last as long as the test."""

from __future__ import annotations

import json
import secrets
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from tests.support.helm import CommandError, kubectl

Object = dict[str, Any]

_RECORDS = frozenset({"events", "endpoints", "endpointslices", "leases"})
_IN_EVERY_NAMESPACE = frozenset({"configmap/kube-root-ca.crt", "serviceaccount/default"})
_RESTRICTED = {f"pod-security.kubernetes.io/{mode}": "restricted" for mode in ("enforce", "warn")}


@contextmanager
def temporary_namespace(name: str) -> Iterator[str]:
    """Make a namespace that takes only restricted pods, and have it deleted afterwards with all that is in it."""
    unique = f"slipway-{name}-{secrets.token_hex(3)}"
    apply([{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": unique, "labels": _RESTRICTED}}])
    try:
        yield unique
    finally:
        kubectl("delete", "namespace", unique, "--wait=false", "--ignore-not-found")


def apply(objects: Sequence[Object], namespace: str = "default", *options: str) -> None:
    """Apply objects by the server, those that name no namespace in this one."""
    by_namespace = defaultdict(list)
    for one in objects:
        by_namespace[one["metadata"].get("namespace", namespace)].append(one)
    for name, some in by_namespace.items():
        text = json.dumps({"apiVersion": "v1", "kind": "List", "items": some})
        kubectl("apply", "--server-side", "--namespace", name, *options, "--filename", "-", stdin=text)


def get(kind: str, name: str, namespace: str) -> Object:
    """Read one object.

    Raises:
        CommandError: there is none.
    """
    return json.loads(kubectl("get", kind, name, "--namespace", namespace, "--output", "json"))


def find(kind: str, namespace: str, selector: str = "") -> list[Object]:
    """Read all objects of a kind, or those with some labels."""
    chosen = ["--selector", selector] if selector else []
    return json.loads(kubectl("get", kind, "--namespace", namespace, *chosen, "--output", "json"))["items"]


def kill_pods(namespace: str, selector: str) -> None:
    """End pods as a crash of their node does: at once, and no process gets to say goodbye."""
    kubectl(
        *("delete", "pods", "--namespace", namespace, "--selector", selector),
        *("--grace-period=0", "--force", "--wait=true", "--timeout=60s"),
    )


def wait_for(kind: str, name: str, namespace: str, condition: str, timeout_seconds: int = 180) -> None:
    """Wait until an object says of itself what `kubectl wait --for` asks.

    Raises:
        CommandError: it does not within the time; has the namespace's events.
    """
    try:
        kubectl(
            *("wait", f"{kind}/{name}", "--namespace", namespace),
            *(f"--for={condition}", f"--timeout={timeout_seconds}s"),
        )
    except CommandError as error:
        raise CommandError(f"{error}\n{describe(namespace)}") from error


def describe(namespace: str) -> str:
    """The pods and events of a namespace, for the message of a test that failed."""
    pods = kubectl("get", "pods", "--namespace", namespace, "--output", "wide")
    events = kubectl("get", "events", "--namespace", namespace, "--sort-by=.lastTimestamp")
    return f"{pods}\n{events}"


def wait_until(holds: Callable[[], bool], timeout_seconds: float = 180, every_seconds: float = 1) -> None:
    """Ask again and again until it holds.

    Raises:
        TimeoutError: it did not within the time.
    """
    deadline = time.monotonic() + timeout_seconds
    while not holds():
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {timeout_seconds} s")
        time.sleep(every_seconds)


def leftovers(namespace: str) -> set[str]:
    """Name everything in a namespace but what Kubernetes puts into each, and what it writes down about it."""
    listable = kubectl("api-resources", "--namespaced", "--verbs=list,delete", "--output=name").split()
    kinds = [kind for kind in listable if kind.partition(".")[0] not in _RECORDS and "metrics.k8s.io" not in kind]
    found = kubectl("get", ",".join(kinds), "--namespace", namespace, "--output", "name")
    return set(found.split()) - _IN_EVERY_NAMESPACE
