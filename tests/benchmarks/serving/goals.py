"""What the server is to reach, as a table, and whether a run reached it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.benchmarks.serving.results import OURS, Results, Spread

STOCK = "kserve"


@dataclass(frozen=True)
class Goal:
    """A bound on one measured number; `at_least` or else at most."""

    what: str
    bound: float
    measure: Callable[[Results], Spread | None]
    at_least: bool = True
    digits: int = 2

    def reached(self, got: float) -> bool:
        """Tell whether a number meets the bound."""
        return got >= self.bound if self.at_least else got <= self.bound


def _ratio(model: str, protocol: str, bound: float) -> Goal:
    return Goal(
        f"{model}, {protocol}: of raw", bound, lambda results: results.ratio(model, OURS, protocol), digits=3
    )


def _times_stock(results: Results) -> Spread | None:
    stock = results.rate("tab", STOCK, "json")
    return (
        None
        if stock is None
        else Spread.of(one.per_second / stock.middle for one in results.of("tab", OURS, "json"))
    )


def _p99(protocol: str) -> Callable[[Results], Spread | None]:
    return lambda results: Spread.of(one.p99_ms for one in results.of("tab", OURS, protocol))


def _memory(results: Results) -> Spread | None:
    return Spread.of(one.loaded_bytes / 1e6 for one in results.starts_of("tab", OURS))


def _ready(results: Results) -> Spread | None:
    return Spread.of(one.ready_seconds for one in results.starts_of("tab", OURS))


_RATIOS = {
    "tab": {"json": 0.50, "binary": 0.55, "grpc": 0.40},
    "mlp": {"json": 2.0, "binary": 3.0, "grpc": 2.5},
    "cnn": {"json": 0.82, "binary": 0.94, "grpc": 0.94},
    "transformer": {"json": 0.93, "binary": 0.93, "grpc": 0.93},
}


def ratio_goals() -> dict[tuple[str, str], float]:
    """Return the bounds of the ratios to ONNX Runtime alone, by model and protocol."""
    return {(model, protocol): bound for model, bounds in _RATIOS.items() for protocol, bound in bounds.items()}


GOALS = (
    *(_ratio(model, protocol, bound) for (model, protocol), bound in ratio_goals().items()),
    Goal("tab, json: times stock KServe", 45, _times_stock, digits=0),
    Goal("tab, json: p99 in ms", 2.0, _p99("json"), at_least=False),
    Goal("tab, binary: p99 in ms", 2.0, _p99("binary"), at_least=False),
    Goal("tab: memory under load in MB (PSS)", 80, _memory, at_least=False, digits=0),
    Goal("tab: seconds from start to ready", 0.5, _ready, at_least=False),
)
