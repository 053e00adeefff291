import os
import subprocess
import sys

import numpy as np
import onnx
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from slipway.errors import ExportError
from slipway.onnx.answers import framework_answers, onnx_answers
from slipway.onnx.export import export_model
from slipway.onnx.parity import measure_parity
from slipway.onnx.session import OnnxModel
from slipway.onnx.signature import Datatype
from slipway.task import TaskKind, TaskSpec

CLASSIFICATION, REGRESSION, CLUSTERING = TaskKind.CLASSIFICATION, TaskKind.REGRESSION, TaskKind.CLUSTERING


def estimator(name, **params):
    import sklearn.cluster
    import sklearn.ensemble
    import sklearn.linear_model
    import xgboost

    for module in (sklearn.linear_model, sklearn.ensemble, sklearn.cluster, xgboost):
        if hasattr(module, name):
            return getattr(module, name)(**params)
    raise AssertionError(name)


# Every exported estimator, with the preprocessing it is used with: name, parameters, kind, numbers, categories.
SUPPORTED = {
    "logistic regression": ("LogisticRegression", {}, CLASSIFICATION, "scaled", "sparse"),
    "ridge": ("Ridge", {}, REGRESSION, "scaled", "one-hot"),
    "ridge on ordinals": ("Ridge", {}, REGRESSION, "imputed", "ordinal"),
    "forest classifier": ("RandomForestClassifier", {"n_estimators": 10}, CLASSIFICATION, "imputed", "one-hot"),
    "forest classifier, few leaves": (
        "RandomForestClassifier",
        {"n_estimators": 4, "max_depth": 3},
        CLASSIFICATION,
        "imputed",
        "ordinal",
    ),
    "forest classifier, missing": (
        "RandomForestClassifier",
        {"n_estimators": 10},
        CLASSIFICATION,
        "passthrough",
        "ordinal",
    ),
    "forest regressor": ("RandomForestRegressor", {"n_estimators": 10}, REGRESSION, "imputed", "ordinal"),
    "forest regressor, scaled": ("RandomForestRegressor", {"n_estimators": 10}, REGRESSION, "scaled", "sparse"),
    "forest regressor, missing": (
        "RandomForestRegressor",
        {"n_estimators": 10},
        REGRESSION,
        "passthrough",
        "ordinal",
    ),
    "extra trees classifier": ("ExtraTreesClassifier", {"n_estimators": 10}, CLASSIFICATION, "imputed", "ordinal"),
    "extra trees regressor": ("ExtraTreesRegressor", {"n_estimators": 10}, REGRESSION, "imputed", "ordinal"),
    "histogram classifier": (
        "HistGradientBoostingClassifier",
        {"max_iter": 30},
        CLASSIFICATION,
        "passthrough",
        "ordinal",
    ),
    "histogram regressor": ("HistGradientBoostingRegressor", {"max_iter": 30}, REGRESSION, "imputed", "one-hot"),
    "histogram regressor, missing": (
        "HistGradientBoostingRegressor",
        {"max_iter": 30},
        REGRESSION,
        "passthrough",
        "ordinal",
    ),
    "histogram regressor, scaled": (
        "HistGradientBoostingRegressor",
        {"max_iter": 30},
        REGRESSION,
        "scaled",
        "ordinal",
    ),
    "xgboost classifier": ("XGBClassifier", {"n_estimators": 40}, CLASSIFICATION, "passthrough", "one-hot"),
    "xgboost classifier, pruned": (
        "XGBClassifier",
        {"n_estimators": 10, "gamma": 3, "tree_method": "exact"},
        CLASSIFICATION,
        "imputed",
        "ordinal",
    ),
    "xgboost classifier, no splits": (
        "XGBClassifier",
        {"n_estimators": 5, "gamma": 1e6},
        CLASSIFICATION,
        "imputed",
        "ordinal",
    ),
    "xgboost regressor": ("XGBRegressor", {"n_estimators": 40}, REGRESSION, "imputed", "ordinal"),
    "xgboost regressor, scaled": ("XGBRegressor", {"n_estimators": 40}, REGRESSION, "scaled", "ordinal"),
    "xgboost regressor, missing": ("XGBRegressor", {"n_estimators": 40}, REGRESSION, "passthrough", "ordinal"),
    "k-means": ("KMeans", {"n_clusters": 4, "n_init": 2}, CLUSTERING, "scaled", "sparse"),
    "k-means in batches": ("MiniBatchKMeans", {"n_clusters": 4, "n_init": 2}, CLUSTERING, "scaled", "one-hot"),
}


@pytest.fixture(scope="module", params=SUPPORTED, name="exported")
def exported_fixture(request, fitted, task):
    name, params, kind, numeric, categorical = SUPPORTED[request.param]
    model = fitted(estimator(name, random_state=0, **params), kind, numeric, categorical)
    return model, task(kind), export_model(model, task(kind), name="flights")


def test_export_answers_like_the_framework(exported, flights):
    model, task, content = exported
    certificate = measure_parity(model, OnnxModel.open(content), flights.held_out, task)
    certificate.require_passed()
    assert certificate.held_out.rows == len(flights.held_out)
    assert certificate.held_out.label_agreement == 1.0
    assert certificate.held_out.max_relative_error < 1e-5


def test_export_is_deterministic(exported):
    model, task, content = exported
    assert export_model(model, task, name="flights") == content


def test_export_has_one_input_per_column_and_the_outputs_of_the_task(exported):
    _, task, content = exported
    signature = OnnxModel.open(content).signature
    assert [(spec.name, spec.datatype, spec.shape) for spec in signature.inputs] == [
        (name, Datatype.FP32 if name in task.numeric else Datatype.BYTES, (-1, 1)) for name in task.features
    ]
    outputs = [(spec.name, spec.datatype, spec.shape) for spec in signature.outputs]
    assert (
        outputs
        == {
            CLASSIFICATION: [("label", Datatype.INT64, (-1,)), ("probabilities", Datatype.FP32, (-1, 2))],
            REGRESSION: [("prediction", Datatype.FP32, (-1, 1))],
            CLUSTERING: [("cluster", Datatype.INT64, (-1,)), ("distances", Datatype.FP32, (-1, 4))],
        }[task.kind]
    )


def test_export_is_a_valid_model_that_says_nothing_of_time_or_place(exported):
    model = onnx.load_from_string(exported[2])
    onnx.checker.check_model(model, full_check=True)
    assert model.graph.name == "flights"
    assert (model.producer_name, model.producer_version, model.doc_string) == ("slipway", "", "")
    assert not model.metadata_props
    assert {entry.domain for entry in model.opset_import} <= {"", "ai.onnx.ml"}


def test_export_answers_a_single_row(exported, flights):
    model, task, content = exported
    row = flights.held_out.iloc[[7]]
    ours, theirs = onnx_answers(OnnxModel.open(content), row, task), framework_answers(model, row, task)
    np.testing.assert_allclose(ours.scores, theirs.scores, rtol=1e-5, atol=1e-5)


SCRIPT = """
import hashlib
import numpy as np, pandas as pd
from sklearn.cluster import KMeans
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from slipway.onnx.export import export_model
from slipway.task import TaskSpec
rows = pd.DataFrame({"x": np.arange(40, dtype=np.float32) % 7, "c": ["a", "b"] * 20})
numbers, categories = make_pipeline(SimpleImputer(), StandardScaler()), OneHotEncoder(handle_unknown="ignore")
steps = [("numbers", numbers, ["x"]), ("categories", categories, ["c"])]
model = make_pipeline(ColumnTransformer(steps), KMeans(3, n_init=1, random_state=0)).fit(rows)
task = TaskSpec(kind="clustering", numeric=("x",), categorical=("c",))
print(hashlib.sha256(export_model(model, task, name="m")).hexdigest())
"""


def test_export_gives_the_same_bytes_in_another_process_with_another_hash_seed():
    digests = set()
    for seed in ("1", "3"):
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        done = subprocess.run(
            [sys.executable, "-c", SCRIPT], env=environment, capture_output=True, text=True, check=True
        )
        digests.add(done.stdout.strip())
    assert len(digests) == 1


@pytest.fixture(scope="module", params=["sparse", "one-hot", "ordinal"], name="encoded")
def encoded_fixture(request, fitted, task):
    model = fitted(estimator("LogisticRegression"), CLASSIFICATION, "scaled", request.param)
    return model, OnnxModel.open(export_model(model, task(CLASSIFICATION), name="flights")), task(CLASSIFICATION)


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=6), min_size=1, max_size=20))
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_category_gets_the_answer_that_the_framework_gives(encoded, flights, texts):
    model, exported, task = encoded
    rows = flights.held_out.iloc[: len(texts)].assign(carrier=[*texts[:-1], "AA"])
    ours, theirs = onnx_answers(exported, rows, task), framework_answers(model, rows, task)
    np.testing.assert_allclose(ours.scores, theirs.scores, atol=1e-6)


def test_early_stopped_xgboost_answers_with_its_best_iteration(flights):
    from sklearn.compose import ColumnTransformer
    from sklearn.pipeline import make_pipeline

    columns = ("delay", "distance", "wind")
    numbers = ColumnTransformer([("numbers", "passthrough", list(columns))]).fit(flights.rows[list(columns)])
    features = numbers.transform(flights.rows)
    booster = estimator("XGBClassifier", n_estimators=200, early_stopping_rounds=5)
    booster.fit(
        features[:1000], flights.late[:1000], eval_set=[(features[1000:], flights.late[1000:])], verbose=False
    )
    assert booster.best_iteration + 1 < booster.get_booster().num_boosted_rounds()
    model, spec = (
        make_pipeline(numbers, booster),
        TaskSpec(kind=CLASSIFICATION, target="late", numeric=columns),
    )
    exported = OnnxModel.open(export_model(model, spec, name="early"))
    measure_parity(model, exported, flights.held_out, spec).require_passed()


def test_export_refuses_an_object_no_framework_knows(task):
    with pytest.raises(ExportError, match=r"no exporter handles builtins\.dict.*scikit-learn"):
        export_model({}, task(REGRESSION), name="flights")


def test_export_refuses_an_estimator_without_its_preprocessing(flights, task):
    model = estimator("Ridge").fit(flights.rows[["distance"]].fillna(0), flights.delay)
    with pytest.raises(
        ExportError, match=r"expected a Pipeline whose first step is a ColumnTransformer, got Ridge"
    ):
        export_model(model, task(REGRESSION), name="flights")


def test_export_refuses_an_estimator_that_cannot_answer_new_rows(fitted, task):
    model = fitted(estimator("DBSCAN"), CLUSTERING)
    with pytest.raises(ExportError, match="DBSCAN cannot answer new rows of a clustering task"):
        export_model(model, task(CLUSTERING), name="flights")


def test_export_refuses_an_estimator_of_another_kind_of_task(fitted, task):
    model = fitted(estimator("Ridge"), REGRESSION)
    with pytest.raises(ExportError, match="Ridge cannot answer new rows of a classification task"):
        export_model(model, task(CLASSIFICATION), name="flights")


def test_export_refuses_a_step_without_conversion(flights, task):
    from sklearn.compose import ColumnTransformer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import FunctionTransformer

    spec = TaskSpec(kind=REGRESSION, target="late", numeric=("distance",))
    logarithm = ColumnTransformer([("numbers", FunctionTransformer(np.log1p), ["distance"])])
    rows = flights.rows[["distance"]].fillna(1)
    model = make_pipeline(logarithm, estimator("Ridge")).fit(rows, flights.delay)
    with pytest.raises(ExportError, match="Cannot export 'flights' to ONNX: .*FunctionTransformer") as failure:
        export_model(model, spec, name="flights")
    assert failure.value.__cause__ is not None


def test_export_refuses_native_categories_of_histogram_boosting(fitted, task):
    model = fitted(estimator("HistGradientBoostingClassifier", categorical_features=[3, 4]), CLASSIFICATION)
    with pytest.raises(ExportError, match="Cannot export 'flights' to ONNX: .*`categorical_features`"):
        export_model(model, task(CLASSIFICATION), name="flights")


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"booster": "gblinear"}, "booster 'gblinear'"),
        ({"booster": "dart"}, "booster 'dart'"),
        ({"missing": -1.0}, r"missing=-1\.0"),
        ({"objective": "rank:pairwise"}, "objective 'rank:pairwise'"),
    ],
)
def test_export_refuses_xgboost_that_it_cannot_read(fitted, task, params, message):
    if "objective" in params:
        model = fitted(estimator("XGBRegressor", n_estimators=2), REGRESSION)
        model[-1].get_booster().set_param(params)
    else:
        model = fitted(estimator("XGBRegressor", n_estimators=2, **params), REGRESSION)
    with pytest.raises(ExportError, match=f"XGBoost with {message} cannot be exported"):
        export_model(model, task(REGRESSION), name="flights")


def test_export_refuses_several_targets(fitted, flights, task):
    model = fitted(estimator("RandomForestRegressor", n_estimators=2), REGRESSION)
    model.fit(flights.rows, np.column_stack([flights.delay, flights.delay]))
    with pytest.raises(ExportError, match="forest of 2 targets"):
        export_model(model, task(REGRESSION), name="flights")


@pytest.mark.parametrize("classes", [np.array([1, 2]), np.array(["no", "yes"]), np.array([False, True])])
def test_export_refuses_classes_other_than_0_and_1(fitted, flights, task, classes):
    model = fitted(estimator("LogisticRegression"), CLASSIFICATION, "scaled", "one-hot")
    model.fit(flights.rows, classes[flights.late])
    with pytest.raises(ExportError, match=r"classes of target 'answer' do not fit: expected the integers 0 and 1"):
        export_model(model, task(CLASSIFICATION), name="flights")


def test_export_refuses_a_model_of_other_columns(fitted, task):
    model = fitted(estimator("Ridge"), REGRESSION)
    other = TaskSpec(kind=REGRESSION, target="answer", numeric=("delay", "speed"))
    with pytest.raises(ExportError, match="not fitted on the columns of the task: expected delay, speed"):
        export_model(model, other, name="flights")


@pytest.mark.parametrize("strange", [None, float("nan"), 7])
def test_export_rejects_object_columns(flights, task, strange):
    from sklearn.compose import ColumnTransformer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder

    rows = pd.DataFrame({"carrier": np.array(["AA", "UA", strange] * 500, dtype=object)})
    if strange == 7:
        rows["carrier"] = np.array([7, 8, 9] * 500, dtype=object)
    encoder = ColumnTransformer([("categories", OneHotEncoder(handle_unknown="ignore"), ["carrier"])])
    model = make_pipeline(encoder, estimator("Ridge")).fit(rows, flights.delay)
    spec = TaskSpec(kind=REGRESSION, target="answer", categorical=("carrier",))
    with pytest.raises(ExportError, match="column 'carrier' is object .*expected string"):
        export_model(model, spec, name="flights")
    with pytest.raises(ExportError, match="column 'carrier' is object .*expected string"):
        export_model(model, spec, name="flights", rows=rows)


def test_export_rejects_float64_columns(fitted, flights, task):
    model = fitted(estimator("Ridge"), REGRESSION)
    rows = flights.rows.astype({"wind": np.float64})
    with pytest.raises(ExportError, match="'flights' to ONNX: column 'wind' is float64, expected float32"):
        export_model(model, task(REGRESSION), name="flights", rows=rows)


@pytest.mark.parametrize("unknown", ["error", "infrequent_if_exist", "warn"])
def test_export_refuses_encoders_that_fail_on_unknown_categories(flights, unknown):
    from sklearn.compose import ColumnTransformer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder

    encoder = ColumnTransformer([("categories", OneHotEncoder(handle_unknown=unknown), ["carrier"])])
    model = make_pipeline(encoder, estimator("Ridge")).fit(flights.rows[["carrier"]], flights.delay)
    spec = TaskSpec(kind=REGRESSION, target="answer", categorical=("carrier",))
    with pytest.raises(ExportError, match=f"OneHotEncoder of carrier .*got '{unknown}'"):
        export_model(model, spec, name="flights")


def test_export_refuses_a_column_named_like_an_output(flights):
    from sklearn.compose import ColumnTransformer
    from sklearn.pipeline import make_pipeline

    rows = flights.rows[["distance"]].fillna(0).rename(columns={"distance": "prediction"})
    numbers = ColumnTransformer([("numbers", "passthrough", ["prediction"])])
    model = make_pipeline(numbers, estimator("Ridge")).fit(rows, flights.delay)
    spec = TaskSpec(kind=REGRESSION, target="answer", numeric=("prediction",))
    with pytest.raises(ExportError, match="column 'prediction' has the name of an output"):
        export_model(model, spec, name="flights")


@pytest.mark.parametrize("column", ["label", "value_0", "concat_result", "wind speed (m/s)", "win d", "\u00e9tat"])
def test_export_takes_column_names_that_look_like_inner_ones(flights, column):
    from sklearn.compose import ColumnTransformer
    from sklearn.pipeline import make_pipeline

    rows = flights.rows[["distance", "wind"]].fillna(0).rename(columns={"distance": column, "wind": "win_d"})
    numbers = ColumnTransformer([("numbers", "passthrough", [column, "win_d"])])
    model = make_pipeline(numbers, estimator("RandomForestRegressor", n_estimators=2)).fit(rows, flights.delay)
    spec = TaskSpec(kind=REGRESSION, target="answer", numeric=(column, "win_d"))
    exported = OnnxModel.open(export_model(model, spec, name="flights"))
    measure_parity(model, exported, rows, spec).require_passed()
