"""Drift as a server measures it, held against the baseline that the training rows gave."""

import logging

import numpy as np
import pyarrow as pa
import pytest

from serving.inference.plan import ModelPlan
from serving.observe.drift import LEAST_ROWS, MOST_FEATURES, DriftMonitor, features_of
from slipway.evaluation.drift import CategoricalHistogram, DriftBaseline, NumericHistogram
from slipway.evaluation.reference import drift_baseline
from slipway.onnx.signature import Datatype, ModelSignature, TensorSpec
from slipway.task import TaskKind, TaskSpec

TASK = TaskSpec(kind=TaskKind.CLUSTERING, numeric=("distance",), categorical=("carrier",))


class Clock:
    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


def plan_of(**inputs):
    specs = tuple(TensorSpec(name=name, datatype=kind, shape=shape) for name, (kind, shape) in inputs.items())
    outputs = (TensorSpec(name="y", datatype=Datatype.FP32, shape=(-1,)),)
    return ModelPlan.of(ModelSignature(inputs=specs, outputs=outputs))


PLAN = plan_of(distance=(Datatype.FP32, (-1, 1)), carrier=(Datatype.BYTES, (-1, 1)))


@pytest.fixture
def random():
    return np.random.default_rng(0)


@pytest.fixture
def distances(random):
    return random.gamma(2.0, 500.0, 20_000)


@pytest.fixture
def carriers(random):
    return random.choice(["AA", "UA", "DL"], 20_000, p=[0.5, 0.3, 0.2]).astype(object)


@pytest.fixture
def baseline(distances, carriers):
    return drift_baseline(pa.table({"distance": distances, "carrier": carriers}), TASK)


def monitor_of(baseline, *, clock, plan=PLAN, rows_per_second=1e9, window_rows=10_000):
    return DriftMonitor(
        features_of(baseline, plan), rows_per_second=rows_per_second, window_rows=window_rows, clock=clock, seed=1
    )


def tensors(distances, carriers):
    rows = len(distances)
    return {
        "distance": np.asarray(distances, np.float32).reshape(rows, 1),
        "carrier": np.asarray(carriers, object).reshape(rows, 1),
    }


def ask(monitor, clock, distances, carriers, *, rows=10):
    for start in range(0, len(distances), rows):
        clock.now += 0.01
        end = start + rows
        monitor.observe(tensors(distances[start:end], carriers[start:end]), len(distances[start:end]))
    clock.now += 60
    return monitor.scores()


def test_the_training_rows_themselves_do_not_drift(baseline, distances, carriers):
    clock = Clock()
    scores = ask(monitor_of(baseline, clock=clock), clock, distances, carriers)
    assert scores.keys() == {"distance", "carrier"}
    assert max(scores.values()) < 0.02


def test_a_shifted_number_shows_in_its_own_feature_only(baseline, distances, carriers):
    clock = Clock()
    scores = ask(monitor_of(baseline, clock=clock), clock, distances * 1.6, carriers)
    assert scores["distance"] > 0.2
    assert scores["carrier"] < 0.02


def test_unknown_categories_show(baseline, distances, carriers):
    clock = Clock()
    carriers[::2] = "ZZ"
    scores = ask(monitor_of(baseline, clock=clock), clock, distances, carriers)
    assert scores["carrier"] > 0.2
    assert scores["distance"] < 0.02


@pytest.mark.parametrize("feature", ["distance", "carrier"])
def test_missing_values_show(baseline, distances, carriers, feature):
    clock = Clock()
    if feature == "distance":
        distances[::2] = np.nan
    else:
        carriers[::2] = ""
    scores = ask(monitor_of(baseline, clock=clock), clock, distances, carriers)
    assert scores.pop(feature) > 0.2
    assert max(scores.values()) < 0.02


def test_values_that_were_missing_in_training_too_are_no_drift(distances, carriers):
    distances[::4] = np.nan
    known = pa.array(carriers, mask=np.arange(len(carriers)) % 5 == 0)
    baseline = drift_baseline(pa.table({"distance": distances, "carrier": known}), TASK)
    clock = Clock()
    carriers[::5] = ""
    scores = ask(monitor_of(baseline, clock=clock), clock, distances, carriers)
    assert max(scores.values()) < 0.02


def test_doubles_that_travel_as_floats_do_not_leave_their_bins(random):
    prices = random.integers(1, 12, 5000) / 10  # few values, so that all stand on edges
    table = pa.table({"distance": prices, "carrier": ["AA"] * 5000})
    clock = Clock()
    monitor = monitor_of(drift_baseline(table, TASK), clock=clock)
    assert ask(monitor, clock, prices, ["AA"] * 5000)["distance"] < 0.02


def test_edges_that_rounding_joins_keep_their_shares():
    edges = (1.0, 1.0 + 1e-12, 2.0)
    histogram = NumericHistogram(edges=edges, shares=(0.1, 0.2, 0.3, 0.4), missing_share=0.5)
    (feature,) = features_of(DriftBaseline(10, {"x": histogram}), plan_of(x=(Datatype.FP32, (-1, 1))))
    assert feature.bins.expected == pytest.approx((0.5, 0.15, 0.15, 0.2))
    assert [feature.bins.place(value) for value in (0.5, 1.0, 1.5, 3.0)] == [1, 1, 2, 3]


def test_edges_beyond_the_inputs_range_are_infinite():
    histogram = NumericHistogram(edges=(1.0, 1e6), shares=(0.25, 0.25, 0.5), missing_share=0.0)
    (feature,) = features_of(DriftBaseline(10, {"x": histogram}), plan_of(x=(Datatype.FP16, (-1, 1))))
    assert [feature.bins.place(value) for value in (0.5, 60000.0, float("inf"))] == [1, 2, 0]


def test_a_feature_that_was_always_missing_has_bins():
    histogram = NumericHistogram(edges=(), shares=(0.0,), missing_share=1.0)
    (feature,) = features_of(DriftBaseline(10, {"x": histogram}), plan_of(x=(Datatype.FP32, (-1, 1))))
    assert feature.bins.expected == (1.0, 0.0)
    assert [feature.bins.place(value) for value in (float("nan"), 5.0)] == [0, 1]


@pytest.mark.parametrize(
    ("datatype", "values"),
    [
        (Datatype.INT64, [1, 5, 9]),
        (Datatype.UINT8, [1, 5, 9]),
        (Datatype.FP16, [1, 5, 9]),
        (Datatype.FP64, [1, 5, 9]),
        (Datatype.BOOL, [0, 0, 1]),
    ],
)
def test_numbers_of_every_datatype_are_placed(datatype, values):
    edges = (0.0,) if datatype is Datatype.BOOL else (2.0,)
    histogram = NumericHistogram(edges=edges, shares=(0.5, 0.5), missing_share=0.0)
    (feature,) = features_of(DriftBaseline(10, {"x": histogram}), plan_of(x=(datatype, (-1,))))
    tensor = np.array(values, datatype.numpy)
    assert [feature.bins.place(tensor.item(row)) for row in (0, 2)] == [1, 2]


def test_whole_numbers_can_be_categories():
    table = pa.table({"distance": [1.0, 2.0, 3.0], "carrier": pa.array([7, 7, 9], pa.int64())})
    plan = plan_of(carrier=(Datatype.INT64, (-1, 1)))
    (feature,) = features_of(drift_baseline(table, TASK), plan)
    assert [feature.bins.place(value) for value in (7, 9, 8)] == [1, 2, 3]


def test_few_rows_have_no_score(baseline, distances, carriers):
    clock = Clock()
    monitor = monitor_of(baseline, clock=clock)
    assert ask(monitor, clock, distances[: LEAST_ROWS - 1], carriers[: LEAST_ROWS - 1], rows=1) == {}
    assert monitor.rows == LEAST_ROWS - 1
    assert ask(monitor, clock, distances[:1], carriers[:1]).keys() == {"distance", "carrier"}


def test_scores_are_measured_at_most_every_few_seconds(baseline, distances, carriers):
    clock = Clock()
    monitor = monitor_of(baseline, clock=clock)
    before = ask(monitor, clock, distances[:500], carriers[:500])
    monitor.observe(tensors(distances[:500] * 9, carriers[:500]), 500)
    clock.now += 1
    assert monitor.scores() is before
    clock.now += 10
    assert monitor.scores() != before


def test_the_window_forgets(baseline, distances, carriers):
    clock = Clock()
    monitor = monitor_of(baseline, clock=clock, window_rows=1000)
    assert ask(monitor, clock, distances[:2000] * 3, carriers[:2000])["distance"] > 0.2
    assert ask(monitor, clock, distances[:2000], carriers[:2000])["distance"] < 0.1
    assert monitor.rows <= 1000


def test_a_baseline_of_other_features_is_left_alone(baseline, caplog):
    with caplog.at_level(logging.WARNING):
        assert DriftMonitor.of(baseline, plan_of(x=(Datatype.FP32, (-1, 2))), model="flights") is None
    assert "carrier, distance" in caplog.text
    assert "'flights'" in caplog.text


def test_the_features_that_are_inputs_are_watched(baseline, caplog):
    with caplog.at_level(logging.WARNING):
        monitor = DriftMonitor.of(baseline, plan_of(distance=(Datatype.FP32, (-1, 1))), model="flights")
    assert monitor is not None
    assert "1 of 2 features" in caplog.text


@pytest.mark.parametrize(
    "spec", [(Datatype.FP32, (-1, 3)), (Datatype.FP32, (1, 1)), (Datatype.FP32, ()), (Datatype.BYTES, (-1, 1))]
)
def test_a_number_is_not_looked_for_in_an_input_of_another_kind(baseline, spec):
    assert features_of(baseline, plan_of(distance=spec)) == []


def test_the_number_of_features_is_bounded():
    names = [f"x{number}" for number in range(MOST_FEATURES + 5)]
    histogram = NumericHistogram(edges=(1.0,), shares=(0.5, 0.5), missing_share=0.0)
    baseline = DriftBaseline(10, dict.fromkeys(names, histogram))
    plan = plan_of(**dict.fromkeys(names, (Datatype.FP32, (-1, 1))))
    assert [feature.name for feature in features_of(baseline, plan)] == names[:MOST_FEATURES]


@pytest.mark.parametrize(
    "histogram",
    [
        NumericHistogram(edges=(1.0, 2.0), shares=(0.5, 0.5), missing_share=0.0),
        CategoricalHistogram(categories=("a", "b"), shares=(1.0,), other_share=0.0, missing_share=0.0),
    ],
)
def test_a_damaged_histogram_is_not_watched(histogram):
    assert features_of(DriftBaseline(10, {"x": histogram}), plan_of(x=(Datatype.FP32, (-1, 1)))) == []
