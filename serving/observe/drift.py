"""How far what is asked lies from what the model learned on, feature by feature."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from time import monotonic
from typing import NamedTuple

from serving.inference.plan import InputPlan, ModelPlan
from serving.observe.bins import Bins, CategoryBins, NumericBins
from serving.observe.sampler import ROWS_PER_SECOND, RowSampler
from serving.observe.window import WINDOW_ROWS, CountWindow
from slipway.evaluation.drift import CategoricalHistogram, DriftBaseline, NumericHistogram, stability_index
from slipway.onnx.session import Tensor
from slipway.onnx.signature import DYNAMIC

LEAST_ROWS = 200  # of fewer rows the index is mostly chance
MOST_FEATURES = 256  # one line each in every scrape
_FRESH_SECONDS = 5.0

logger = logging.getLogger(__name__)


class Feature(NamedTuple):
    """One feature: the input that carries it, one value a row, and its bins."""

    name: str
    bins: Bins


class DriftMonitor:
    """The population stability index of each feature over a sample of the last rows.

    A feature is the input of its name, of shape [-1] or [-1, 1], as bundles have them. Columns of
    one wide input are not watched: a baseline names its features but not their order.
    """

    __slots__ = ("_clock", "_features", "_fresh_until", "_sampler", "_scores", "_window")

    def __init__(
        self,
        features: list[Feature],
        *,
        rows_per_second: float = ROWS_PER_SECOND,
        window_rows: int = WINDOW_ROWS,
        clock: Callable[[], float] = monotonic,
        seed: int | None = None,
    ) -> None:
        self._features = features
        self._clock = clock
        self._sampler = RowSampler(rows_per_second, clock=clock, seed=seed)
        self._window = CountWindow([len(feature.bins.expected) for feature in features], window_rows)
        self._scores: dict[str, float] = {}
        self._fresh_until = 0.0

    @classmethod
    def of(cls, baseline: DriftBaseline, plan: ModelPlan, *, model: str) -> DriftMonitor | None:
        """Watch the features that are inputs of the model; None, and a line in the log, if none is."""
        features = features_of(baseline, plan)
        left_out = sorted(baseline.features.keys() - {feature.name for feature in features})
        if left_out:
            logger.warning(
                "The drift of %d of %d features of '%s' is not watched: no input of one value a row fits %s",
                len(left_out),
                len(baseline.features),
                model,
                ", ".join(left_out[:5]),
            )
        return cls(features) if features else None

    @property
    def rows(self) -> int:
        """How many sampled rows the scores are of."""
        return self._window.rows

    def observe(self, inputs: Mapping[str, Tensor], rows: int) -> None:
        """Look at a batch of `rows`; most batches are only counted."""
        for row in self._sampler.pick(rows):
            self._window.add([bins.place(inputs[name].item(row)) for name, bins in self._features])

    def scores(self) -> dict[str, float]:
        """Return the index of each feature, at most some seconds old; none before `LEAST_ROWS` rows."""
        now = self._clock()
        if now >= self._fresh_until:
            self._fresh_until = now + _FRESH_SECONDS
            self._sampler.pace()
            self._scores = self._measured() if self.rows >= LEAST_ROWS else {}
        return self._scores

    def _measured(self) -> dict[str, float]:
        pairs = zip(self._features, self._window.shares(), strict=True)
        return {name: stability_index(bins.expected, observed) for (name, bins), observed in pairs}


def features_of(baseline: DriftBaseline, plan: ModelPlan) -> list[Feature]:
    """Match a baseline's features with a model's inputs, in the order of the inputs."""
    features = []
    for name, spec in plan.inputs.items():
        histogram = baseline.features.get(name)
        bins = _bins(histogram, spec) if histogram is not None else None
        if bins is not None:
            features.append(Feature(name, bins))
    return features[:MOST_FEATURES]


def _bins(histogram: NumericHistogram | CategoricalHistogram, spec: InputPlan) -> Bins | None:
    if spec.shape not in {(DYNAMIC,), (DYNAMIC, 1)}:
        return None
    if isinstance(histogram, CategoricalHistogram):
        return CategoryBins(histogram) if len(histogram.shares) == len(histogram.categories) else None
    fits = spec.dtype.kind in "fiub" and len(histogram.shares) == len(histogram.edges) + 1
    return NumericBins(histogram, spec.dtype) if fits else None
