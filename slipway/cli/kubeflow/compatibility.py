"""Whether a server is one that Slipway knows: Kubeflow Pipelines 2.17 or later of the same major."""

from __future__ import annotations

import json
import re
from typing import Any

from slipway.errors import KubeflowError, UsageError

OLDEST = (2, 17)
_VERSION = re.compile(r"v?(\d+)\.(\d+)")


def usable_namespace(health: tuple[str, str], url: str, namespace: str) -> str:
    """Return the namespace to ask a server for, after a look at what it says of itself.

    A server with one user has no namespaces: the answer is empty, whatever is set. `health` is the body
    of `/apis/v2beta1/healthz` and its content type.

    Its `tag_name` is the release that the server's image was built from, "unknown" for builds of
    one's own; `multi_user` says that runs belong to namespaces (backend/src/apiserver/main.go).
    The web page's server forwards the API and says `apiServerTagName` (frontend/server/handlers).

    Raises:
        KubeflowError: something else answers, or another version.
        UsageError: a server with many users, and no namespace is set.
    """
    facts = _facts(health[0])
    if facts is None:
        raise KubeflowError(
            f"'{url}' is no Kubeflow Pipelines",
            expected="JSON from /apis/v2beta1/healthz",
            got=f"{health[1] or 'no content type'}: {health[0][:60]!r}",
            cure="Correct SLIPWAY_KUBEFLOW_URL; a login page in between wants SLIPWAY_KUBEFLOW_TOKEN.",
        )
    tag = str(facts.get("tag_name") or facts.get("apiServerTagName") or "")
    found = _VERSION.match(tag)
    version = (int(found[1]), int(found[2])) if found else OLDEST
    if version[0] != OLDEST[0] or version < OLDEST:
        raise KubeflowError(
            f"Kubeflow Pipelines at '{url}' has a version that Slipway does not know",
            expected=f"{OLDEST[0]}.{OLDEST[1]} or a later {OLDEST[0]}.x",
            got=tag,
            cure="Upgrade it with charts/kubeflow-pipelines, or use the Slipway that goes with it.",
        )
    if not facts["multi_user"]:
        return ""
    if not namespace:
        raise UsageError(
            f"Kubeflow Pipelines at '{url}' has many users",
            expected="the namespace that the runs belong to",
            cure="Set SLIPWAY_KUBEFLOW_NAMESPACE.",
        )
    return namespace


def _facts(body: str) -> dict[str, Any] | None:
    try:
        facts = json.loads(body)
    except ValueError:
        return None
    return facts if isinstance(facts, dict) and "multi_user" in facts else None
