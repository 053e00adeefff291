import numpy as np
import onnx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor, RandomForestClassifier
from sklearn.linear_model import Ridge
from xgboost import XGBClassifier, XGBRegressor

from slipway.errors import ExportError
from slipway.onnx.forest_graph import ensemble_attributes
from slipway.onnx.forests import Forest, Link, Tree, reader_for
from slipway.onnx.session import OnnxModel
from slipway.task import TaskKind

FEATURES = 3


@st.composite
def trees(draw):
    """A random binary tree over three features, its thresholds anywhere in float64."""
    size = 2 * draw(st.integers(0, 6)) + 1
    left = np.full(size, -1)
    right = np.full(size, -1)
    leaves, used = [0], 1
    while used < size:
        node = leaves.pop(draw(st.integers(0, len(leaves) - 1)))
        left[node], right[node] = used, used + 1
        leaves += [used, used + 1]
        used += 2
    numbers = st.lists(st.floats(-10, 10), min_size=size, max_size=size)
    return Tree(
        feature=np.array(draw(st.lists(st.integers(0, FEATURES - 1), min_size=size, max_size=size))),
        threshold=np.array(draw(numbers)),
        left=left,
        right=right,
        missing_left=np.array(draw(st.lists(st.booleans(), min_size=size, max_size=size))),
        value=np.array(draw(numbers)),
    )


def walk(tree, row, *, strict):
    """The plain meaning of a tree, one row at a time."""
    node = 0
    while tree.left[node] >= 0:
        value, threshold = row[tree.feature[node]], tree.threshold[node]
        if np.isnan(value):
            goes_left = tree.missing_left[node]
        else:
            goes_left = value < threshold if strict else value <= threshold
        node = tree.left[node] if goes_left else tree.right[node]
    return tree.value[node]


def run(forest, rows):
    node = helper.make_node(
        "TreeEnsembleRegressor", ["x"], ["y"], domain="ai.onnx.ml", **ensemble_attributes(forest)
    )
    graph = helper.make_graph(
        [node],
        "forest",
        [helper.make_tensor_value_info("x", TensorProto.DOUBLE, [None, FEATURES])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [None, 1])],
    )
    opsets = [helper.make_opsetid("", 18), helper.make_opsetid("ai.onnx.ml", 3)]
    model = helper.make_model(graph, opset_imports=opsets, ir_version=8)
    onnx.checker.check_model(model)
    return OnnxModel.open(model.SerializeToString()).run({"x": rows})["y"].ravel()


@given(st.lists(trees(), min_size=1, max_size=4), st.booleans(), st.booleans(), st.floats(-5, 5), st.data())
@settings(max_examples=60, deadline=None)
def test_onnx_runtime_walks_a_forest_as_the_trees_say(found, strict, is_mean, base, data):
    forest = Forest(
        tuple(found), Link.MEAN if is_mean else Link.IDENTITY, base=0.0 if is_mean else base, strict=strict
    )
    thresholds = np.concatenate([tree.threshold for tree in found]).tolist()
    values = st.one_of(st.sampled_from(thresholds), st.floats(-12, 12), st.just(np.nan))
    rows = np.array(data.draw(st.lists(st.tuples(values, values, values), min_size=1, max_size=8)))
    sums = [sum(walk(tree, row, strict=strict) for tree in found) for row in rows]
    expected = np.array(sums) / (len(found) if is_mean else 1) + forest.base
    np.testing.assert_allclose(run(forest, rows), expected, rtol=1e-6, atol=1e-6)


def framework_sum(forest, features):
    return np.array([sum(walk(tree, row, strict=forest.strict) for tree in forest.trees) for row in features])


@pytest.mark.parametrize(
    ("estimator", "kind"),
    [
        (RandomForestClassifier(3, max_depth=5, random_state=0), TaskKind.CLASSIFICATION),
        (HistGradientBoostingClassifier(max_iter=5, random_state=0), TaskKind.CLASSIFICATION),
        (HistGradientBoostingRegressor(max_iter=5, random_state=0), TaskKind.REGRESSION),
        (XGBRegressor(n_estimators=5), TaskKind.REGRESSION),
        (XGBClassifier(n_estimators=5), TaskKind.CLASSIFICATION),
    ],
    ids=lambda value: getattr(value, "value", type(value).__name__),
)
def test_a_forest_that_was_read_answers_like_its_estimator(fitted, flights, estimator, kind):
    model = fitted(estimator, kind, "passthrough")
    forest = reader_for(model[-1])(model[-1])
    rows = flights.held_out.iloc[:100]
    total = framework_sum(forest, np.asarray(model[0].transform(rows), dtype=np.float64)) + forest.base
    if kind is TaskKind.REGRESSION:
        np.testing.assert_allclose(total, model.predict(rows), rtol=1e-5)
    elif forest.link is Link.MEAN:
        np.testing.assert_allclose(total / len(forest.trees), model.predict_proba(rows)[:, 1], atol=1e-12)
    else:
        np.testing.assert_allclose(1 / (1 + np.exp(-total)), model.predict_proba(rows)[:, 1], rtol=1e-5)


@pytest.mark.parametrize(
    ("estimator", "link"),
    [
        (XGBRegressor(n_estimators=3, objective="count:poisson"), Link.EXP),
        (XGBRegressor(n_estimators=3, objective="reg:gamma"), Link.EXP),
        (XGBRegressor(n_estimators=3, objective="reg:absoluteerror"), Link.IDENTITY),
        (HistGradientBoostingRegressor(max_iter=3, loss="gamma"), Link.EXP),
        (HistGradientBoostingRegressor(max_iter=3, loss="poisson"), Link.EXP),
        (HistGradientBoostingRegressor(max_iter=3, loss="absolute_error"), Link.IDENTITY),
    ],
)
def test_the_link_of_the_loss_is_kept(fitted, flights, task, estimator, link):
    from slipway.onnx.export import export_model
    from slipway.onnx.parity import measure_parity

    model = fitted(Ridge(), TaskKind.REGRESSION)  # only its preprocessing is kept
    model.steps[-1] = ("estimator", estimator)
    model.fit(flights.rows, np.abs(flights.delay) + 1)
    assert reader_for(estimator)(estimator).link is link
    spec = task(TaskKind.REGRESSION)
    exported = OnnxModel.open(export_model(model, spec, name="flights"))
    measure_parity(model, exported, flights.held_out, spec).require_passed()


def test_linear_models_have_no_reader():
    assert reader_for(Ridge()) is None


def test_a_regression_on_the_logistic_scale_is_refused(fitted, flights, task):
    from slipway.onnx.export import export_model

    model = fitted(XGBRegressor(n_estimators=2, objective="binary:logistic"), TaskKind.CLASSIFICATION)
    with pytest.raises(ExportError, match="logistic scale"):
        export_model(model, task(TaskKind.REGRESSION), name="flights")


def test_a_forest_of_several_classes_is_refused(fitted, flights):
    model = fitted(HistGradientBoostingClassifier(max_iter=2), TaskKind.CLASSIFICATION)
    model.fit(flights.rows, np.arange(len(flights.rows)) % 3)
    with pytest.raises(ExportError, match="one tree an iteration"):
        reader_for(model[-1])(model[-1])
