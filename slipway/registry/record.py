"""What is recorded of one pipeline run."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from slipway.bundle.bundle import Bundle
from slipway.frozen import Frozen


class TrialRecord(Frozen):
    """One trial of a candidate's search; `score` is what the search optimised, None if it failed."""

    number: int
    score: float | None = None
    parameters: dict[str, Any] = {}
    state: str = "complete"
    seconds: float | None = None


class CandidateRecord(Frozen):
    """One candidate of the selection: its best parameters, its metrics and all its trials."""

    name: str
    parameters: dict[str, Any] = {}
    metrics: dict[str, float] = {}
    trials: tuple[TrialRecord, ...] = ()


@dataclass(frozen=True)
class RunRecord:
    """One pipeline run.

    Attributes:
        name: the run's name, for people.
        pipeline: the pipeline's name.
        experiment: MLflow experiment; empty means the settings' own.
        parameters: nested mappings become dotted names.
        candidates: each becomes a nested run.
        bundle: what the run made; its lineage gives the dataset inputs and the code revision.
        verdict: the gate's word, in one line.
        reports: files by the name they get under `reports/`; a name without a suffix gets the file's.
    """

    name: str
    pipeline: str
    experiment: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    metrics: Mapping[str, float] = field(default_factory=dict)
    candidates: Sequence[CandidateRecord] = ()
    bundle: Bundle | None = None
    verdict: str = ""
    reports: Mapping[str, Path] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """What makes two records the same: the bundle's digest, else the record's own content."""
        if self.bundle is not None:
            return self.bundle.digest
        content = [self.name, self.pipeline, dict(self.parameters), dict(self.metrics)]
        text = json.dumps(content, sort_keys=True, default=str)
        return "sha256:" + hashlib.sha256(text.encode()).hexdigest()
