import numpy as np
import pandas as pd
import pytest

from slipway.errors import ExportError
from slipway.onnx.frame import frame_tensors, require_columns
from slipway.onnx.signature import Datatype, ModelSignature, TensorSpec
from slipway.task import TaskKind, TaskSpec

TASK = TaskSpec(kind=TaskKind.CLUSTERING, numeric=("wind",), categorical=("carrier",))


def frame(**columns):
    found = {"wind": np.array([1.5, np.nan], dtype=np.float32), "carrier": ["AA", ""]}
    return pd.DataFrame(found | columns)


def test_a_frame_of_float32_and_text_is_taken():
    require_columns(frame(), TASK, failed="Export failed")
    require_columns(frame(carrier=pd.array(["AA", ""], dtype="string")), TASK, failed="Export failed")
    require_columns(frame(idle=[None, 1]), TASK, failed="Export failed")


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"wind": [1.5, 2.5]}, "column 'wind' is float64, expected float32"),
        ({"wind": [1, 2]}, "column 'wind' is int64, expected float32"),
        ({"wind": ["1", "2"]}, "column 'wind' is object .*, expected float32"),
        ({"carrier": ["AA", None]}, r"column 'carrier' is object \(holds NoneType\), expected string"),
        ({"carrier": ["AA", float("nan")]}, r"column 'carrier' is object \(holds float\), expected string"),
        ({"carrier": [b"AA", 7]}, r"column 'carrier' is object \(holds bytes, int\), expected string"),
        ({"carrier": pd.array(["AA", None], dtype="string")}, "column 'carrier' is string, expected string"),
        ({"carrier": pd.Categorical(["AA", "UA"])}, "column 'carrier' is category, expected string"),
    ],
)
def test_columns_of_other_types_are_refused(columns, message):
    with pytest.raises(ExportError, match=f"Export failed: {message}"):
        require_columns(frame(**columns), TASK, failed="Export failed")


def test_a_missing_column_is_refused():
    with pytest.raises(ExportError, match="lack column 'carrier': expected wind, carrier, got wind"):
        require_columns(frame()[["wind"]], TASK, failed="Export failed")


def test_tensors_are_those_of_a_served_table():
    signature = ModelSignature(
        inputs=(
            TensorSpec(name="carrier", datatype=Datatype.BYTES, shape=(-1, 1)),
            TensorSpec(name="wind", datatype=Datatype.FP32, shape=(-1, 1)),
        ),
        outputs=(),
    )
    tensors = frame_tensors(frame(idle=1).iloc[::-1], signature)
    assert list(tensors) == ["carrier", "wind"]
    assert tensors["carrier"].tolist() == [[""], ["AA"]]
    np.testing.assert_array_equal(tensors["wind"], np.array([[np.nan], [1.5]], dtype=np.float32))
