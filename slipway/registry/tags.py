"""The names under which Slipway's facts stand on MLflow's runs and versions."""

from __future__ import annotations

import re

RECORD_KEY = "slipway.record_key"
PIPELINE = "slipway.pipeline"
CODE_REVISION = "slipway.code_revision"
BUNDLE_DIGEST = "slipway.bundle_digest"
VERDICT = "slipway.verdict"
CANDIDATE = "slipway.candidate"
PARITY = "slipway.parity"
PARITY_ERROR = "slipway.parity.max_absolute_error"
DATASET_PREFIX = "slipway.dataset."

# MLflow's own: what nests one run under another, and what its pages show.
PARENT_RUN = "mlflow.parentRunId"
GIT_COMMIT = "mlflow.source.git.commit"
SOURCE_NAME = "mlflow.source.name"

CHAMPION = "champion"
CHALLENGER = "challenger"

_UNFIT = re.compile(r"[^/\w.\- :]")


def safe_key(name: str) -> str:
    """Turn a name into a key that MLflow takes: other characters become `_`."""
    return _UNFIT.sub("_", name).strip("/.") or "_"


def quoted(text: str) -> str:
    """Write a string literal of MLflow's search grammar."""
    return "'" + text.replace("'", "''") + "'"
