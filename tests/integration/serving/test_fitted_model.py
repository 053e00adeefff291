"""A model fitted by scikit-learn, with its preprocessing in the graph, asked over HTTP."""

import json
import urllib.request

import numpy as np
import onnx
import pandas as pd
import pyarrow as pa
import pytest
from skl2onnx import convert_sklearn
from skl2onnx.common.data_types import FloatTensorType, StringTensorType
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

from tests.integration.serving.conftest import serving_process
from tests.support.tiny_bundle import TASK, bundle_of

pytestmark = pytest.mark.slow

ASKED = pd.DataFrame(
    {
        "distance": np.array([120.0, np.nan, 2500.0, np.nan, 700.0], np.float32),
        "carrier": ["AA", "UA", "never seen", "", "日本"],
    }
)


@pytest.fixture(scope="module")
def fitted():
    random = np.random.default_rng(0)
    rows = pd.DataFrame(
        {
            "distance": random.uniform(50, 3000, 400).astype(np.float32),
            "carrier": random.choice(["AA", "UA", "DL"], 400),
        }
    )
    late = (rows["distance"] / 1000 + (rows["carrier"] == "AA") + random.normal(0, 0.5, 400) > 2).astype(int)
    rows.loc[::7, "distance"] = np.nan
    columns = ColumnTransformer(
        [
            ("numbers", SimpleImputer(), ["distance"]),
            ("categories", OneHotEncoder(handle_unknown="ignore"), ["carrier"]),
        ]
    )
    return make_pipeline(columns, LogisticRegression(max_iter=1000)).fit(rows, late)


@pytest.fixture(scope="module")
def bundle(fitted, tmp_path_factory):
    model = convert_sklearn(
        fitted,
        initial_types=[("distance", FloatTensorType([None, 1])), ("carrier", StringTensorType([None, 1]))],
        options={"zipmap": False},
        target_opset={"": 17, "ai.onnx.ml": 3},
    )
    assert isinstance(model, onnx.ModelProto)
    rows = pa.Table.from_pandas(ASKED.head(2), preserve_index=False)
    return bundle_of(tmp_path_factory.mktemp("fitted") / "fitted", model, rows, TASK)


def test_the_endpoint_answers_like_the_framework_for_missing_and_unseen_values(fitted, bundle):
    distances = [None if np.isnan(each) else float(each) for each in ASKED["distance"]]
    shape = [len(ASKED), 1]
    body = {
        "inputs": [
            {"name": "distance", "shape": shape, "datatype": "FP32", "data": distances},
            {"name": "carrier", "shape": shape, "datatype": "BYTES", "data": list(ASKED["carrier"])},
        ]
    }
    with serving_process(bundle.path) as (_, facts):
        request = urllib.request.Request(f"{facts['url']}/v2/models/flights/infer", json.dumps(body).encode())
        with urllib.request.urlopen(request, timeout=60) as response:
            label, probabilities = json.loads(response.read())["outputs"]

    expected = fitted.predict_proba(ASKED)
    np.testing.assert_allclose(np.reshape(probabilities["data"], (-1, 2)), expected, atol=1e-6)
    assert label["data"] == expected.argmax(axis=1).tolist()
