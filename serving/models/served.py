"""One loaded model and everything that answering for it needs."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from serving.inference.plan import ModelPlan
from slipway.errors import UsageError

if TYPE_CHECKING:
    from serving.inference.queue import InferenceQueue
    from serving.observe.metrics import ModelMetrics

VERSION_HEADER = "slipway-model-version"
DIGEST_HEADER = "slipway-bundle-digest"

# A name stands in the path of a URL, a version also in a header.
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,254}")


@dataclass(frozen=True, slots=True, eq=False)
class ServedModel:
    """A model that verified and answered its own example; `digest` names the content of its bundle."""

    name: str
    version: str
    digest: str
    plan: ModelPlan
    queue: InferenceQueue
    metrics: ModelMetrics
    headers: dict[str, str] = field(init=False)  # that every answer of this model carries

    def __post_init__(self) -> None:
        require_url_part("name", self.name)
        require_url_part("version", self.version)
        object.__setattr__(self, "headers", {VERSION_HEADER: self.version, DIGEST_HEADER: self.digest})


def require_url_part(what: str, value: str) -> None:
    """Raise UsageError unless a name or a version can stand in a URL and a header."""
    if not _NAME.fullmatch(value):
        raise UsageError(
            f"The model's {what} cannot stand in a URL",
            expected="letters, digits, '.', '_' and '-'",
            got=repr(value),
            cure=f"Give another {what}.",
        )
