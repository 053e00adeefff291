"""What an endpoint says of itself in the labels and annotations of its objects."""

from __future__ import annotations

import re
from dataclasses import dataclass

from slipway.cluster.connection import Json
from slipway.errors import UsageError

MODEL = "slipway.dev/model"
VERSION = "slipway.dev/version"
DIGEST = "slipway.dev/digest"
# KServe makes one label of the host of NAME, "predictor" and the namespace; source: RFC 1035, 2.3.4.
_LONGEST_LABEL = 63


@dataclass(frozen=True)
class Facts:
    """Which bundle an object stands for; empty where it does not say."""

    model: str
    version: str
    digest: str

    def __str__(self) -> str:
        return f"{self.model} version {self.version} ({self.digest[:19]})"


def facts_of(thing: Json) -> Facts:
    """Read the facts from an object, or from the template of its pods; annotations beat labels."""
    metadata = thing.get("metadata", {})
    found = {**(metadata.get("labels") or {}), **(metadata.get("annotations") or {})}
    return Facts(*(str(found.get(key, "")) for key in (MODEL, VERSION, DIGEST)))


def endpoint_name(model: str, namespace: str) -> str:
    """Turn a model's name into one that Kubernetes takes: lower case, digits and '-'.

    Raises:
        UsageError: nothing is left of it, or it is too long for a host name.
    """
    name = re.sub(r"[^a-z0-9]+", "-", model.lower()).strip("-")
    if name[:1].isdigit():
        name = f"m-{name}"
    longest = _LONGEST_LABEL - len("-predictor-") - len(namespace)
    if not 0 < len(name) <= longest:
        raise UsageError(
            f"'{model}' cannot name an endpoint in namespace '{namespace}'",
            expected=f"1 to {longest} letters, digits and '-': a host name holds both",
            got=repr(name),
            cure="Register the model under a shorter name, or shorten the namespace of the environment.",
        )
    return name
