"""Rows shaped like flights, pipelines fitted on them, and the conversion that skl2onnx does by itself."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pytest

from slipway.onnx.canonical import canonical_bytes
from slipway.onnx.session import OnnxModel
from slipway.task import TaskKind, TaskSpec

NUMERIC = ("delay", "distance", "wind")
CATEGORICAL = ("carrier", "origin")


def make_rows(count: int, seed: int, *, carriers: tuple[str, ...]) -> pd.DataFrame:
    """Numbers of three kinds, a tenth of them missing, and strings, some of them empty."""
    random = np.random.default_rng(seed)
    rows = pd.DataFrame(
        {
            "delay": random.normal(10, 40, count),
            "distance": random.integers(80, 3000, count),
            "wind": np.round(random.gamma(2, 5, count), 1),
        }
    ).astype(np.float32)
    for name in NUMERIC:
        rows.loc[random.random(count) < 0.1, name] = np.nan
    rows["carrier"] = random.choice(carriers, count)
    rows["origin"] = random.choice(["JFK", "EWR", "LGA"], count)
    return rows


@dataclass(frozen=True)
class Flights:
    """Rows to fit on, their two targets, and held-out rows with carriers that were never fitted on."""

    rows: pd.DataFrame
    late: np.ndarray
    delay: np.ndarray
    held_out: pd.DataFrame

    def target(self, kind: TaskKind) -> np.ndarray | None:
        return {TaskKind.CLASSIFICATION: self.late, TaskKind.REGRESSION: self.delay}.get(kind)


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> Iterator[None]:
    """Workers of the test run share the cores; the threads of each would wait for one another."""
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):
        yield


@pytest.fixture(scope="session")
def flights() -> Flights:
    known = ("AA", "UA", "DL", "B6", "")
    rows = make_rows(1500, 0, carriers=known)
    random = np.random.default_rng(1)
    signal = rows["delay"].fillna(0) / 40 + np.sin(rows["distance"].fillna(0) / 300)
    signal += rows["wind"].fillna(5) / 10 * (rows["carrier"] == "AA")
    late = (signal + random.normal(0, 0.7, len(rows)) > 0.8).to_numpy(np.int64)
    delay = (signal * 17 + random.normal(0, 4, len(rows))).to_numpy(np.float32)
    return Flights(rows, late, delay, make_rows(800, 2, carriers=(*known, "ZZ", "\u00e9\u4e2d")))


def task_of(kind: TaskKind) -> TaskSpec:
    target = None if kind is TaskKind.CLUSTERING else "answer"
    return TaskSpec(kind=kind, target=target, numeric=NUMERIC, categorical=CATEGORICAL)


@pytest.fixture(scope="session")
def task() -> Callable[[TaskKind], TaskSpec]:
    return task_of


def numeric_step(step: str) -> Any:
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    imputer = SimpleImputer(strategy="median")
    return {"passthrough": "passthrough", "imputed": imputer, "scaled": make_pipeline(imputer, StandardScaler())}[
        step
    ]


def categorical_step(step: str) -> Any:
    from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder

    ordinal = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)
    sparse = OneHotEncoder(handle_unknown="ignore")
    dense = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    return {"ordinal": ordinal, "one-hot": dense, "sparse": sparse}[step]


@pytest.fixture(scope="session")
def fitted(flights: Flights) -> Callable[..., Any]:
    """Fit a pipeline of a preprocessing and an estimator, as `fitted(estimator, kind, numeric, categorical)`."""
    from sklearn.compose import ColumnTransformer
    from sklearn.pipeline import make_pipeline

    def fit(estimator: Any, kind: TaskKind, numeric: str = "imputed", categorical: str = "ordinal") -> Any:
        steps = [
            ("numbers", numeric_step(numeric), list(NUMERIC)),
            ("categories", categorical_step(categorical), list(CATEGORICAL)),
        ]
        return make_pipeline(ColumnTransformer(steps), estimator).fit(flights.rows, flights.target(kind))

    return fit


@pytest.fixture(scope="session")
def stock_conversion() -> Callable[[Any, TaskSpec], OnnxModel]:
    """What skl2onnx makes of a pipeline by itself; only the outputs are named by the task."""
    from skl2onnx import convert_sklearn
    from skl2onnx.common.data_types import FloatTensorType, StringTensorType

    def convert(model: Any, task: TaskSpec) -> OnnxModel:
        inputs = [(name, FloatTensorType([None, 1])) for name in task.numeric]
        inputs += [(name, StringTensorType([None, 1])) for name in task.categorical]
        options = {id(model[-1]): {"zipmap": False}} if task.kind is TaskKind.CLASSIFICATION else None
        opset = {"": 18, "ai.onnx.ml": 3}
        converted = convert_sklearn(model, "stock", inputs, options=options, target_opset=opset)
        return OnnxModel.open(canonical_bytes(converted, task, name="stock"))

    return convert
