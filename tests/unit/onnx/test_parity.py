import numpy as np
import onnx
import onnxruntime
import pytest
import sklearn
from onnx import numpy_helper
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.linear_model import LogisticRegression, Ridge
from xgboost import XGBRegressor

from slipway.errors import ExportError, ParityError
from slipway.onnx.certificate import ParityCertificate, Tolerance
from slipway.onnx.export import export_model
from slipway.onnx.parity import framework_of, measure_parity
from slipway.onnx.session import OnnxModel
from slipway.task import TaskKind

CLASSIFICATION, REGRESSION, CLUSTERING = TaskKind.CLASSIFICATION, TaskKind.REGRESSION, TaskKind.CLUSTERING


@pytest.fixture(scope="module", name="ridge")
def ridge_fixture(fitted, task):
    model = fitted(Ridge(), REGRESSION, "scaled", "one-hot")
    return model, OnnxModel.open(export_model(model, task(REGRESSION), name="ridge"))


def test_certificate_says_what_was_compared(ridge, flights, task):
    certificate = measure_parity(*ridge, flights.held_out, task(REGRESSION))
    assert certificate.framework == f"scikit-learn {sklearn.__version__}"
    assert certificate.runtime == f"onnxruntime {onnxruntime.__version__}"
    assert certificate.tolerance == Tolerance()
    assert certificate.reasons == ()
    assert certificate.held_out.rows == len(flights.held_out)
    assert 0 < certificate.held_out.max_absolute_error < 1e-4
    assert ParityCertificate.model_validate_json(certificate.model_dump_json()) == certificate


def test_framework_can_be_named_by_the_caller(ridge, flights, task):
    certificate = measure_parity(*ridge, flights.held_out, task(REGRESSION), framework="ridge 7")
    assert certificate.framework == "ridge 7"


def test_framework_is_that_of_the_estimator_at_the_end(fitted):
    import xgboost

    model = fitted(XGBRegressor(n_estimators=1), REGRESSION)
    assert framework_of(model) == f"xgboost {xgboost.__version__}"


def test_a_linear_model_is_probed_with_unseen_categories_only(ridge, flights, task):
    certificate = measure_parity(*ridge, flights.held_out, task(REGRESSION))
    assert certificate.probes.rows == 2


def test_no_held_out_rows_is_an_error(ridge, flights, task):
    with pytest.raises(ParityError, match="there are no held-out rows"):
        measure_parity(*ridge, flights.held_out.iloc[:0], task(REGRESSION))


def test_held_out_rows_of_another_type_are_an_error(ridge, flights, task):
    rows = flights.held_out.astype({"delay": np.float64})
    with pytest.raises(
        ExportError, match="Parity cannot be measured: column 'delay' is float64, expected float32"
    ):
        measure_parity(*ridge, rows, task(REGRESSION))


def test_a_model_of_another_kind_of_task_is_an_error(ridge, fitted, flights, task):
    classifier = fitted(LogisticRegression(), CLASSIFICATION, "scaled", "one-hot")
    with pytest.raises(ParityError, match="expected outputs label, probabilities, got prediction"):
        measure_parity(classifier, ridge[1], flights.held_out, task(CLASSIFICATION))


def test_another_models_answers_are_caught(ridge, fitted, flights, task):
    other = fitted(Ridge(alpha=1e4), REGRESSION, "scaled", "one-hot")
    certificate = measure_parity(other, ridge[1], flights.held_out, task(REGRESSION))
    assert not certificate.passed
    assert certificate.held_out.rows_beyond_tolerance > 700
    assert certificate.reasons[0].startswith(f"{certificate.held_out.rows_beyond_tolerance} of 800 held-out rows")
    with pytest.raises(ParityError, match="does not answer like scikit-learn"):
        certificate.require_passed()


def test_tolerance_decides(ridge, fitted, flights, task):
    other = fitted(Ridge(alpha=1.001), REGRESSION, "scaled", "one-hot")
    strict = measure_parity(
        other, ridge[1], flights.held_out, task(REGRESSION), tolerance=Tolerance(relative=1e-7)
    )
    assert any("held-out" in reason for reason in strict.reasons)
    loose = measure_parity(other, ridge[1], flights.held_out, task(REGRESSION), tolerance=Tolerance(relative=1e-1))
    assert not any("held-out" in reason for reason in loose.reasons)


# --- conversions that skl2onnx gets wrong without saying so ---


def test_native_categories_of_histogram_boosting_are_caught(fitted, flights, task, stock_conversion):
    estimator = HistGradientBoostingClassifier(categorical_features=[3, 4], max_iter=30, random_state=0)
    model = fitted(estimator, CLASSIFICATION)
    converted = stock_conversion(model, task(CLASSIFICATION))
    certificate = measure_parity(model, converted, flights.held_out, task(CLASSIFICATION))
    assert not certificate.passed
    assert certificate.held_out.label_agreement < 0.8
    assert any(reason.startswith("labels agree on ") for reason in certificate.reasons)
    with pytest.raises(ParityError):
        certificate.require_passed()


@pytest.mark.parametrize(
    "estimator",
    [
        RandomForestRegressor(10, random_state=0),
        HistGradientBoostingRegressor(max_iter=30, random_state=0),
    ],
    ids=lambda estimator: type(estimator).__name__,
)
def test_trees_behind_a_multiplying_scaler_are_caught(fitted, flights, task, stock_conversion, estimator):
    model = fitted(estimator, REGRESSION, "scaled")
    converted = stock_conversion(model, task(REGRESSION))
    certificate = measure_parity(model, converted, flights.held_out, task(REGRESSION))
    assert not certificate.passed
    assert certificate.held_out.rows_beyond_tolerance > 0
    assert certificate.probes.rows_beyond_tolerance > 0
    with pytest.raises(ParityError):
        certificate.require_passed()


def test_ties_of_a_forest_broken_another_way_are_caught(fitted, flights, task, stock_conversion):
    model = fitted(RandomForestClassifier(40, random_state=0), CLASSIFICATION)
    converted = stock_conversion(model, task(CLASSIFICATION))
    certificate = measure_parity(model, converted, flights.held_out, task(CLASSIFICATION))
    assert certificate.held_out.rows_beyond_tolerance == 0
    assert certificate.held_out.label_agreement < 1
    assert not certificate.passed


def test_missing_values_lost_by_the_conversion_are_caught(fitted, flights, task, stock_conversion):
    model = fitted(RandomForestRegressor(10, random_state=0), REGRESSION, "passthrough")
    converted = stock_conversion(model, task(REGRESSION))
    certificate = measure_parity(model, converted, flights.held_out, task(REGRESSION))
    assert not certificate.passed
    assert certificate.held_out.rows_beyond_tolerance > 10


# --- a model that was changed after its export ---


def changed(content, change):
    """The model with the thresholds of its trees changed by `change`, in place."""
    model = onnx.load_from_string(content)
    (ensemble,) = (node for node in model.graph.node if node.op_type == "TreeEnsembleRegressor")
    attributes = {attribute.name: attribute for attribute in ensemble.attribute}
    values = numpy_helper.to_array(attributes["nodes_values_as_tensor"].t).copy()
    change(values, attributes)
    attributes["nodes_values_as_tensor"].t.CopyFrom(numpy_helper.from_array(values, "nodes_values"))
    return OnnxModel.open(model.SerializeToString())


def numeric_splits(attributes):
    branches = [mode != b"LEAF" for mode in attributes["nodes_modes"].strings]
    return np.flatnonzero(np.array(branches) & (np.array(attributes["nodes_featureids"].ints) < 3))


FEW_TREES = [
    RandomForestClassifier(3, max_depth=4, random_state=0),
    RandomForestRegressor(3, max_depth=4, random_state=0),
    HistGradientBoostingRegressor(max_iter=5, max_leaf_nodes=8, random_state=0),
    XGBRegressor(n_estimators=5, max_depth=3),
]


def next_threshold(threshold, direction):
    """The float32 beside the last one that goes left: the smallest change that sends a row another way."""
    last = np.float32(threshold)
    last = np.nextafter(last, np.float32(-np.inf)) if last > threshold else last
    return np.nextafter(last, np.float32(direction * np.inf))


@pytest.mark.parametrize("direction", [1, -1])
@pytest.mark.parametrize("estimator", FEW_TREES, ids=lambda estimator: type(estimator).__name__)
def test_one_threshold_moved_by_one_float32_step_is_caught(fitted, flights, task, estimator, direction):
    kind = CLASSIFICATION if "Classifier" in type(estimator).__name__ else REGRESSION
    model = fitted(estimator, kind)
    content = export_model(model, task(kind), name="flights")

    def move(values, attributes):
        node = numeric_splits(attributes)[2]
        values[node] = next_threshold(values[node], direction)

    certificate = measure_parity(model, changed(content, move), flights.held_out, task(kind))
    assert not certificate.passed
    assert certificate.probes.rows_beyond_tolerance > 0


@pytest.mark.parametrize("direction", [1, -1])
@pytest.mark.parametrize("estimator", FEW_TREES, ids=lambda estimator: type(estimator).__name__)
def test_one_threshold_moved_behind_a_scaler_is_caught(fitted, flights, task, estimator, direction):
    kind = CLASSIFICATION if "Classifier" in type(estimator).__name__ else REGRESSION
    model = fitted(estimator, kind, "scaled")
    content = export_model(model, task(kind), name="flights")

    def move(values, attributes):
        values[numeric_splits(attributes)[2]] += direction * 1e-5

    certificate = measure_parity(model, changed(content, move), flights.held_out, task(kind))
    assert not certificate.passed
    assert certificate.probes.rows_beyond_tolerance > 0


def test_an_unchanged_model_passes(fitted, flights, task):
    model = fitted(FEW_TREES[0], CLASSIFICATION)
    content = export_model(model, task(CLASSIFICATION), name="flights")
    same = changed(content, lambda *_: None)
    measure_parity(model, same, flights.held_out, task(CLASSIFICATION)).require_passed()


def test_scores_that_are_no_numbers_are_caught(fitted, flights, task):
    model = fitted(FEW_TREES[1], REGRESSION)
    content = export_model(model, task(REGRESSION), name="flights")

    def poison(values, attributes):
        weights = numpy_helper.to_array(attributes["target_weights_as_tensor"].t).copy()
        weights[0] = np.nan
        attributes["target_weights_as_tensor"].t.CopyFrom(numpy_helper.from_array(weights, "target_weights"))

    certificate = measure_parity(model, changed(content, poison), flights.held_out, task(REGRESSION))
    assert not certificate.passed
    assert any("is not a finite number" in reason for reason in certificate.reasons)
    assert np.isfinite(certificate.held_out.max_absolute_error)
    assert ParityCertificate.model_validate_json(certificate.model_dump_json()) == certificate


def test_a_graph_that_refuses_rows_is_caught(flights, stock_conversion):
    from sklearn.compose import ColumnTransformer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder

    from slipway.task import TaskSpec

    encoder = OneHotEncoder(handle_unknown="infrequent_if_exist", min_frequency=2)
    columns = ColumnTransformer([("categories", encoder, ["carrier", "origin"])])
    rows = flights.rows[["carrier", "origin"]]
    model = make_pipeline(columns, Ridge()).fit(rows, flights.delay)
    spec = TaskSpec(kind=REGRESSION, target="answer", categorical=("carrier", "origin"))
    with pytest.raises(ParityError, match="cannot answer rows that the framework can"):
        measure_parity(model, stock_conversion(model, spec), rows, spec)


def test_more_rows_than_one_batch_are_all_compared(ridge, flights, task):
    import pandas as pd

    rows = pd.concat([flights.held_out] * 11, ignore_index=True)
    certificate = measure_parity(*ridge, rows, task(REGRESSION))
    assert certificate.held_out.rows == 8800
    assert certificate.passed
