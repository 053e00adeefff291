"""What is counted while one model answers: plain numbers, written in the event loop's thread only."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence

from serving.observe.drift import DriftMonitor
from serving.observe.histogram import BATCH_SIZES, PART_SECONDS, REQUEST_SECONDS, Histogram


class ModelMetrics:
    """Counts of one model and version; `queue_depth` is the requests waiting or running, when asked."""

    __slots__ = (
        "answers",
        "batch_requests",
        "batch_rows",
        "bytes_in",
        "bytes_out",
        "digest",
        "drift",
        "name",
        "queue_depth",
        "queue_seconds",
        "rejections",
        "request_seconds",
        "run_seconds",
        "serving",
        "version",
    )

    def __init__(self, name: str, version: str, digest: str, rejections: Counter[str]) -> None:
        self.name = name
        self.version = version
        self.digest = digest
        self.serving = 0  # loaded models that count here: two while one replaces another of its own version
        self.queue_depth: Callable[[], int] = int  # which gives 0, until a queue is there
        self.drift: DriftMonitor | None = None
        self.answers: dict[tuple[str, str], int] = defaultdict(int)  # by protocol and status; a Counter is slower
        self.rejections = rejections
        self.bytes_in = 0
        self.bytes_out = 0
        self.request_seconds = Histogram(REQUEST_SECONDS)
        self.queue_seconds = Histogram(PART_SECONDS)
        self.run_seconds = Histogram(PART_SECONDS)
        self.batch_rows = Histogram(BATCH_SIZES)
        self.batch_requests = Histogram(BATCH_SIZES)

    @property
    def ready(self) -> bool:
        """Whether the version answers."""
        return self.serving > 0

    def observe_answer(self, protocol: str, status: str, seconds: float, bytes_in: int, bytes_out: int) -> None:
        """Count one answer; `status` is of a fixed set: "200" for HTTP, "OK" for gRPC."""
        self.answers[protocol, status] += 1
        self.request_seconds.observe(seconds)
        self.bytes_in += bytes_in
        self.bytes_out += bytes_out

    def observe_answers(
        self, protocol: str, status: str, seconds: Sequence[float], bytes_in: int, bytes_out: int
    ) -> None:
        """Count the answers to the requests of one run; `seconds` is of each, the bytes of all."""
        self.answers[protocol, status] += len(seconds)
        self.request_seconds.observe_all(seconds)
        self.bytes_in += bytes_in
        self.bytes_out += bytes_out

    def observe_batch(self, requests: int, rows: int, queue_seconds: Sequence[float], run_seconds: float) -> None:
        """Count one run of the model; `queue_seconds` has what each of its requests waited."""
        self.batch_requests.observe(requests)
        self.batch_rows.observe(rows)
        self.run_seconds.observe(run_seconds)
        self.queue_seconds.observe_all(queue_seconds)

    def observe_rejection(self, reason: str) -> None:
        """Count a request that was not computed; `reason` is of `serving.faults`."""
        self.rejections[reason] += 1
