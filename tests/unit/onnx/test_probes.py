import numpy as np
import pytest
from sklearn.cluster import KMeans
from sklearn.ensemble import HistGradientBoostingRegressor, RandomForestRegressor
from sklearn.linear_model import Ridge
from xgboost import XGBRegressor

from slipway.onnx.forests import reader_for
from slipway.onnx.probes import UNSEEN_CATEGORY, feature_columns, split_probes, unseen_probes
from slipway.task import TaskKind, TaskSpec

REGRESSION = TaskKind.REGRESSION
ENOUGH = 10_000

TREES = [
    RandomForestRegressor(3, max_depth=4, random_state=0),
    HistGradientBoostingRegressor(max_iter=5, max_leaf_nodes=8, random_state=0),
    XGBRegressor(n_estimators=5, max_depth=3),
]
each_kind_of_tree = pytest.mark.parametrize("estimator", TREES, ids=lambda estimator: type(estimator).__name__)


def thresholds_of(model, feature):
    """Thresholds of one feature, and whether a value equal to one goes left."""
    forest = reader_for(model[-1])(model[-1])
    found = [tree.threshold[~tree.is_leaf & (tree.feature == feature)] for tree in forest.trees]
    return np.unique(np.concatenate(found)), not forest.strict


@each_kind_of_tree
def test_probes_have_the_columns_and_types_of_the_rows(fitted, flights, task, estimator):
    probes = split_probes(fitted(estimator, REGRESSION), flights.held_out, task(REGRESSION), limit=ENOUGH, seed=0)
    assert (probes.dtypes == flights.held_out.dtypes).all()
    assert list(probes.columns) == list(flights.held_out.columns)


@each_kind_of_tree
@pytest.mark.parametrize("numeric", ["passthrough", "imputed"])
def test_both_sides_of_each_threshold_are_probed_one_float32_apart(fitted, flights, task, estimator, numeric):
    model = fitted(estimator, REGRESSION, numeric)
    probes = split_probes(model, flights.held_out, task(REGRESSION), limit=ENOUGH, seed=0)
    found = [thresholds_of(model, feature) for feature in range(3)]
    assert sum(len(thresholds) for thresholds, _ in found) > 10
    for column, (thresholds, is_inclusive) in zip(task(REGRESSION).numeric, found, strict=True):
        values = set(probes[column].dropna().tolist())
        for threshold in thresholds[np.isfinite(thresholds)]:
            nearest = np.float32(threshold)
            goes_left = nearest <= threshold if is_inclusive else nearest < threshold
            beside = np.nextafter(nearest, np.float32(np.inf if goes_left else -np.inf))
            assert {float(nearest), float(beside)} <= values


@each_kind_of_tree
def test_probes_straddle_each_threshold_behind_a_scaler(fitted, flights, task, estimator):
    model = fitted(estimator, REGRESSION, "scaled")
    probes = split_probes(model, flights.held_out, task(REGRESSION), limit=ENOUGH, seed=0)
    features = np.asarray(model[0].transform(probes), dtype=np.float64)
    for feature in range(3):
        thresholds, is_inclusive = thresholds_of(model, feature)
        values = np.unique(features[:, feature])
        for threshold in thresholds[np.isfinite(thresholds)]:
            place = np.searchsorted(values, threshold, side="right" if is_inclusive else "left")
            assert values[place] - values[place - 1] < 1e-6 * max(1, abs(threshold))


def test_probed_rows_are_real_rows_with_one_column_moved(fitted, flights, task):
    model = fitted(TREES[0], REGRESSION)
    probes = split_probes(model, flights.held_out, task(REGRESSION), limit=40, seed=3)
    real = {tuple(row) for row in flights.held_out.astype(str).itertuples(index=False)}
    columns = list(probes.columns)
    for row in probes.astype(str).itertuples(index=False):
        assert any(
            any(
                candidate[:place] == row[:place] and candidate[place + 1 :] == row[place + 1 :]
                for candidate in real
            )
            for place in range(len(columns))
        )


def test_a_probed_row_reaches_the_split_that_it_probes(fitted, flights, task):
    model = fitted(RandomForestRegressor(1, max_depth=4, random_state=0), REGRESSION)
    probes = split_probes(model, flights.rows, task(REGRESSION), limit=ENOUGH, seed=0)
    moved = np.split(model.predict(probes), 4)  # one before, last left, first right, one after
    assert (moved[1] != moved[2]).all()


def test_probes_are_bounded_and_seeded(fitted, flights, task):
    model = fitted(RandomForestRegressor(5, random_state=0), REGRESSION)

    def probe(seed):
        return split_probes(model, flights.held_out, task(REGRESSION), limit=101, seed=seed)

    assert len(probe(0)) == 100
    assert probe(0).equals(probe(0))
    assert not probe(0).equals(probe(1))


def test_the_rows_that_are_probed_stay_as_they_were(fitted, flights, task):
    before = flights.held_out.copy()
    split_probes(fitted(TREES[0], REGRESSION), flights.held_out, task(REGRESSION), limit=100, seed=0)
    unseen_probes(flights.held_out, task(REGRESSION))
    assert flights.held_out.equals(before)


def test_a_model_without_splits_has_no_split_probes(fitted, flights, task):
    for estimator, kind in ((Ridge(), REGRESSION), (KMeans(2, n_init=1), TaskKind.CLUSTERING)):
        model = fitted(estimator, kind, "scaled", "one-hot")
        assert split_probes(model, flights.held_out, task(kind), limit=100, seed=0) is None


def test_trees_of_one_leaf_have_no_split_probes(fitted, flights, task):
    model = fitted(RandomForestRegressor(2, max_depth=1, min_samples_leaf=1000, random_state=0), REGRESSION)
    assert split_probes(model, flights.held_out, task(REGRESSION), limit=100, seed=0) is None


def test_splits_that_the_reader_refuses_are_not_probed(fitted, flights, task):
    model = fitted(HistGradientBoostingRegressor(categorical_features=[3, 4], max_iter=3), REGRESSION)
    assert split_probes(model, flights.held_out, task(REGRESSION), limit=100, seed=0) is None


def test_features_are_traced_to_numeric_columns_only(fitted, task):
    model = fitted(TREES[0], REGRESSION, "scaled", "one-hot")
    columns = feature_columns(model, task(REGRESSION)).tolist()
    assert columns[:3] == ["delay", "distance", "wind"]
    assert set(columns[3:]) == {None}


def test_features_behind_a_further_step_are_not_traced(flights, task):
    from sklearn.compose import ColumnTransformer
    from sklearn.decomposition import PCA
    from sklearn.pipeline import make_pipeline

    rows = flights.rows[["delay", "wind"]].fillna(0)
    numbers = ColumnTransformer([("numbers", "passthrough", ["delay", "wind"])])
    model = make_pipeline(numbers, PCA(2), TREES[0]).fit(rows, flights.delay)
    spec = TaskSpec(kind=REGRESSION, target="answer", numeric=("delay", "wind"))
    assert feature_columns(model, spec).tolist() == [None, None]
    assert split_probes(model, rows, spec, limit=100, seed=0) is None


def test_each_category_column_is_probed_with_an_unseen_category(flights, task):
    probes = unseen_probes(flights.held_out.iloc[:1], task(REGRESSION))
    assert probes["carrier"].tolist() == [UNSEEN_CATEGORY, flights.held_out["carrier"].iloc[0]]
    assert probes["origin"].tolist() == [flights.held_out["origin"].iloc[0], UNSEEN_CATEGORY]


def test_a_task_without_categories_has_no_unseen_ones(flights):
    assert unseen_probes(flights.held_out, TaskSpec(kind=TaskKind.CLUSTERING, numeric=("delay",))) is None
