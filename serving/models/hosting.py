"""From a loaded model to one that answers, with a queue and counts of its own."""

from __future__ import annotations

from serving.inference.engine import QueuePolicy
from serving.inference.queue import InferenceQueue
from serving.inference.workers import WorkerPool
from serving.models.loading import LoadedModel
from serving.models.served import ServedModel
from serving.observe.metrics import ServerMetrics


class ModelHost:
    """What all models of a server share; used in the event loop's thread only."""

    def __init__(self, workers: WorkerPool, metrics: ServerMetrics, policy: QueuePolicy) -> None:
        self._workers = workers
        self._metrics = metrics
        self._policy = policy

    def start(self, name: str, loaded: LoadedModel) -> ServedModel:
        """Open the model's queue."""
        metrics = self._metrics.for_model(name, loaded.version, loaded.digest, loaded.plan, loaded.baseline)
        queue = InferenceQueue(loaded.engine, self._workers, metrics, self._policy)
        metrics.queue_depth = lambda: queue.depth
        return ServedModel(name, loaded.version, loaded.digest, loaded.plan, queue, metrics)

    def retire(self, model: ServedModel) -> None:
        """Take a model out of the counts of what serves, after its last answer."""
        self._metrics.retire(model.metrics)

    def load_failed(self, name: str) -> None:
        """Count a load that failed."""
        self._metrics.load_failed(name)
