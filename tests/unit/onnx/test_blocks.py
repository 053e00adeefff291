import numpy as np
import pandas as pd
import pytest
from sklearn.compose import ColumnTransformer, make_column_selector

from slipway.onnx.blocks import blocks

ROWS = pd.DataFrame({"a": [1.0, 2.0], "b": [3.0, 4.0], "c": ["x", "y"]})


@pytest.mark.parametrize(
    "chosen",
    [
        ["a", "b"],
        pd.Index(["a", "b"]),
        np.array(["a", "b"]),
        [0, 1],
        [True, True, False],
        slice(0, 2),
        make_column_selector(dtype_include=float),
    ],
    ids=["names", "index", "array", "places", "mask", "slice", "selector"],
)
def test_columns_are_named_however_they_were_chosen(chosen):
    transformer = ColumnTransformer([("numbers", "passthrough", chosen)]).fit(ROWS)
    first, *rest = blocks(transformer)
    assert (first.name, first.columns) == ("numbers", ("a", "b"))
    assert all(block.step == "drop" for block in rest)


def test_an_empty_block_has_no_columns():
    transformer = ColumnTransformer([("none", "passthrough", []), ("all", "passthrough", ["c"])]).fit(ROWS)
    assert [block.columns for block in blocks(transformer)][:2] == [(), ("c",)]
