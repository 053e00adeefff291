"""The counts of the whole server, which `serving.observe.exposition` reads when they are scraped.

Labels are bounded: names of models are those that were loaded here, never those that clients made up.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from serving.inference.plan import ModelPlan
from serving.observe.drift import DriftMonitor
from serving.observe.exposition import Exposer, Exposition
from serving.observe.model_metrics import ModelMetrics
from slipway.evaluation.drift import DriftBaseline

__all__ = ["ModelMetrics", "ServerMetrics"]

MOST_RETIRED = 32  # versions that answer no more but are still counted; then the oldest goes
NO_MODEL = ""  # for Prometheus an empty label is none


class ServerMetrics:
    """The counts of all models, and of what belongs to none.

    Counts of a version that was swapped out stay, for a counter that vanished between two scrapes
    would lose what it counted since; `MOST_RETIRED` bounds them.
    """

    def __init__(self) -> None:
        self.ready: Callable[[], bool] = bool
        self.requests_in_flight: Callable[[], int] = int
        self.rejections: dict[str, Counter[str]] = {NO_MODEL: Counter()}  # by model, then by reason
        self.load_failures: Counter[str] = Counter()  # from 0 on: an increase from nothing is none to Prometheus
        self._models: dict[tuple[str, str], ModelMetrics] = {}
        self._exposer = Exposer(self)

    @property
    def models(self) -> list[ModelMetrics]:
        """The metrics of every version that answers, and of those that did."""
        return list(self._models.values())

    def for_model(
        self, name: str, version: str, digest: str, plan: ModelPlan, baseline: DriftBaseline | None
    ) -> ModelMetrics:
        """Return the counts of a version that begins to serve; those it had before go on."""
        key = (name, version)
        metrics = self._models.pop(key, None)
        if metrics is None:
            metrics = ModelMetrics(name, version, digest, self.rejections.setdefault(name, Counter()))
        self._models[key] = metrics
        self.load_failures.setdefault(name, 0)
        metrics.digest = digest
        metrics.serving += 1
        metrics.drift = DriftMonitor.of(baseline, plan, model=name) if baseline is not None else None
        return metrics

    def retire(self, metrics: ModelMetrics) -> None:
        """Say that a loaded model serves no more; with the last of its version goes the drift window."""
        metrics.serving -= 1
        if metrics.ready:
            return
        metrics.drift = None
        metrics.queue_depth = int
        retired = [key for key, each in self._models.items() if not each.ready]
        for key in retired[:-MOST_RETIRED]:
            del self._models[key]

    def rejected(self, reason: str) -> None:
        """Count a request that reached no model."""
        self.rejections[NO_MODEL][reason] += 1

    def load_failed(self, name: str) -> None:
        """Count a load of a configured model that failed."""
        self.load_failures[name] += 1

    def exposition(self, accept: str = "") -> Exposition:
        """Write everything in the format that an `Accept` header asks for."""
        return self._exposer.exposition(accept)
