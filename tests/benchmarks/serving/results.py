"""What a run of the benchmark measured: plain numbers, as they are kept in a JSON file."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

RAW, OURS = "raw", "slipway"


@dataclass(frozen=True)
class Sample:
    """One load on one server, or on ONNX Runtime alone with the same rows.

    `raw` is the rate of the latter just before; `others` are the cores that other processes kept
    busy meanwhile.
    """

    model: str
    server: str
    protocol: str
    per_second: float
    raw: float | None = None
    p50_ms: float | None = None
    p99_ms: float | None = None
    mean_ms: float | None = None
    others: float = 0.0


@dataclass(frozen=True)
class Start:
    """One start of a server: seconds until it was ready, and its memory idle and under load."""

    model: str
    server: str
    ready_seconds: float
    idle_bytes: int
    loaded_bytes: int


@dataclass(frozen=True)
class Fault:
    """What a server could not do, or did wrongly."""

    model: str
    server: str
    protocol: str
    reason: str


@dataclass(frozen=True)
class Spread:
    """Median, least and most of repeated measurements."""

    middle: float
    least: float
    most: float

    @classmethod
    def of(cls, values: Iterable[float | None]) -> Spread | None:
        """Summarise the values that there are; None if there are none."""
        known = [value for value in values if value is not None]
        return cls(median(known), min(known), max(known)) if known else None


@dataclass
class Results:
    """Everything that was measured, and on what."""

    facts: dict[str, Any]
    samples: list[Sample] = field(default_factory=list)
    starts: list[Start] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)

    @classmethod
    def read(cls, path: Path) -> Results:
        """Read what `write` wrote."""
        content = json.loads(path.read_text(encoding="utf-8"))
        return cls(
            facts=content["facts"],
            samples=[Sample(**one) for one in content["samples"]],
            starts=[Start(**one) for one in content["starts"]],
            faults=[Fault(**one) for one in content["faults"]],
        )

    def write(self, path: Path) -> None:
        """Write one JSON document."""
        path.write_text(json.dumps(asdict(self), indent=1) + "\n", encoding="utf-8")

    @property
    def models(self) -> list[str]:
        """Names of the models measured, in order."""
        return list(dict.fromkeys(sample.model for sample in self.samples))

    def of(self, model: str, server: str, protocol: str) -> list[Sample]:
        """Return the samples of one kind."""
        wanted = (model, server, protocol)
        return [one for one in self.samples if (one.model, one.server, one.protocol) == wanted]

    def rate(self, model: str, server: str, protocol: str) -> Spread | None:
        """Answers a second."""
        return Spread.of(one.per_second for one in self.of(model, server, protocol))

    def ratio(self, model: str, server: str, protocol: str) -> Spread | None:
        """Answers a second over those of ONNX Runtime alone, measured just before or else in the same run."""
        limit = self.rate(model, RAW, protocol)
        if limit is None:
            return None
        return Spread.of(one.per_second / (one.raw or limit.middle) for one in self.of(model, server, protocol))

    def starts_of(self, model: str, server: str) -> list[Start]:
        """Return the starts of one server with one model."""
        return [one for one in self.starts if (one.model, one.server) == (model, server)]
