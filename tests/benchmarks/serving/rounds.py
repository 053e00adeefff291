"""The order of the measurements: models in turn, for each the limit and every server, in rounds.

A shared machine drifts, so the limit is measured anew just before each load on Slipway's server.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.serving.answers import AnswerError, ask, require_same
from tests.benchmarks.serving.bundles import bundle_for
from tests.benchmarks.serving.bystanders import Bystanders
from tests.benchmarks.serving.load import Load, LoadError, grpc_load, http_load
from tests.benchmarks.serving.models import BenchmarkModel, Tensors
from tests.benchmarks.serving.peers import Peer
from tests.benchmarks.serving.protocols import PROTOCOLS, Body, binary_body, grpc_body, json_body
from tests.benchmarks.serving.raw import raw_rate
from tests.benchmarks.serving.results import OURS, RAW, Fault, Results, Sample, Start
from tests.benchmarks.serving.servers import Launch, Running, ServerError, running, slipway_launch

_WEIGH_SECONDS = 0.5
_QUIET_CORES = 0.05

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Settings:
    """What to measure and for how long; `checkout` holds the `serving` package that is measured."""

    work: Path
    checkout: Path
    rounds: int
    seconds: float
    tries: int
    protocols: tuple[str, ...] = PROTOCOLS


class Course:
    """One model: its bundle, its requests and the answers that they must get."""

    def __init__(self, model: BenchmarkModel, settings: Settings) -> None:
        bundle = bundle_for(model, settings.work)
        rows = model.rows(model.asked)
        singles = [
            {name: values[place : place + 1] for name, values in rows.items()} for place in range(model.asked)
        ]
        signature, opened = bundle.signature, bundle.load_model()
        self.model = model
        self.bundle = bundle.path
        self.onnx = bundle.model_path
        self.expected: list[Tensors] = [opened.run(row) for row in singles]
        self.bodies: dict[str, list[Body]] = {
            "json": [json_body(signature, row) for row in singles],
            "binary": [binary_body(signature, row) for row in singles],
            "grpc": [grpc_body(signature, singles[0], model.name)],  # h2load sends one
        }
        self._settings = settings

    def raw(self, protocol: str) -> float:
        """Measure ONNX Runtime alone, with the rows that the protocol's load asks about."""
        requests = self._settings.work / "requests" / f"{self.model.name}.jsonl"
        requests.parent.mkdir(parents=True, exist_ok=True)
        asked = self.bodies["json"][: len(self.bodies[protocol])]
        requests.write_bytes(b"\n".join(body.content for body in asked))
        seconds = max(1.0, self._settings.seconds / 2)
        return raw_rate(self.onnx, requests, seconds=seconds, threads=self.model.threads)

    def check(self, server: Running, protocol: str) -> int:
        """Ask every request once; return the bytes of an answer.

        Raises:
            AnswerError: the server refused one, or gave another answer than the model.
        """
        size = 0
        for body, expected in zip(self.bodies[protocol], self.expected, strict=False):
            outputs, size = ask(server, protocol, self.model.name, body)
            require_same(outputs, expected)
        return size

    def load(self, server: Running, protocol: str, answer_bytes: int) -> Load:
        """Put the server under load."""
        folder = self._settings.work / "bodies" / self.model.name
        bodies, connections, seconds = self.bodies[protocol], self.model.connections, self._settings.seconds
        if protocol == "grpc":
            return grpc_load(
                server.grpc, bodies[0], folder, connections=connections, seconds=seconds, answer_bytes=answer_bytes
            )
        url = f"{server.url}/v2/models/{self.model.name}/infer"
        return http_load(url, bodies, folder, connections=connections, seconds=seconds)


def measure(models: list[BenchmarkModel], peers: list[Peer], settings: Settings, results: Results) -> None:
    """Add every measurement to the results as it is made."""
    environments = {peer.name: peer.install(settings.work) for peer in peers}
    courses = [Course(model, settings) for model in models]
    for number in range(settings.rounds):
        for course in courses:
            logger.info("round %d of %d: %s", number + 1, settings.rounds, course.model.name)
            ours = slipway_launch(course.bundle, course.model.name, checkout=settings.checkout)
            _visit(course, OURS, ours, settings.protocols, settings, results)
            for peer in peers:
                launch = peer.launch(environments[peer.name], course.model, course.onnx)
                offered = tuple(one for one in settings.protocols if one in peer.protocols)
                _visit(course, peer.name, launch, offered, settings, results)


def _visit(
    course: Course, name: str, launch: Launch, protocols: tuple[str, ...], settings: Settings, results: Results
) -> None:
    model = course.model.name
    try:
        with running(launch, settings.work / "logs" / f"{name}-{model}.log") as server:
            idle = server.pss_bytes()
            with _weighed(server) as weights:
                for protocol in protocols:
                    _sample(course, name, server, protocol, settings, results)
            results.starts.append(Start(model, name, server.ready_seconds, idle, max(weights, default=idle)))
    except ServerError as error:
        results.faults.append(Fault(model, name, "", str(error)))
        logger.warning("%s, %s: %s", model, name, error)


def _sample(
    course: Course, name: str, server: Running, protocol: str, settings: Settings, results: Results
) -> None:
    model = course.model.name
    try:
        size = course.check(server, protocol)
        tried = _quietest(settings.tries, lambda: _measured(course, name, server, protocol, size))
        course.check(server, protocol)
    except (AnswerError, LoadError) as error:
        results.faults.append(Fault(model, name, protocol, str(error)))
        logger.warning("%s, %s, %s: %s", model, name, protocol, error)
        return
    if tried.raw is not None:
        results.samples.append(Sample(model, RAW, protocol, tried.raw, others=tried.others))
    results.samples.append(tried)


def _quietest(tries: int, measured: Callable[[], Sample]) -> Sample:
    """Measure again while others disturb it, and return what was disturbed least."""
    samples: list[Sample] = []
    while len(samples) < tries and all(sample.others > _QUIET_CORES for sample in samples):
        samples.append(measured())
    return min(samples, key=lambda sample: sample.others)


def _measured(course: Course, name: str, server: Running, protocol: str, size: int) -> Sample:
    bystanders = Bystanders(server)
    raw = course.raw(protocol) if name == OURS else None
    load = course.load(server, protocol, size)
    load.require_clean()
    others = bystanders.cores()
    limit = f" of {raw:.0f}/s" if raw else ""
    model = course.model.name
    logger.info("%s, %s, %s: %.0f/s%s, others %.2f cores", model, name, protocol, load.per_second, limit, others)
    return Sample(
        *(model, name, protocol),
        per_second=load.per_second,
        raw=raw,
        p50_ms=load.p50_ms,
        p99_ms=load.p99_ms,
        mean_ms=load.mean_ms,
        others=others,
    )


@contextmanager
def _weighed(server: Running) -> Iterator[list[int]]:
    """Weigh the server again and again while the block runs."""
    weights: list[int] = []
    over = threading.Event()

    def weigh() -> None:
        while not over.wait(_WEIGH_SECONDS):
            weights.append(server.pss_bytes())

    thread = threading.Thread(target=weigh)
    thread.start()
    try:
        yield weights
    finally:
        over.set()
        thread.join()
