"""How predictions are shown."""

import json

import numpy as np

from slipway.cli.predictions import Predictions, as_json, hidden_inputs, print_predictions
from slipway.onnx.signature import Datatype
from slipway.onnx.tensor_json import NamedTensor


def predictions(inputs=1):
    distance = np.array([[100.0], [np.nan]], np.float32)
    return Predictions(
        name="flights",
        version="3",
        digest="sha256:abc",
        rows=(
            *(NamedTensor(f"distance_{number}", Datatype.FP32, distance) for number in range(inputs)),
            NamedTensor("carrier", Datatype.BYTES, np.array([["AA"], [""]], object)),
        ),
        outputs=(
            NamedTensor("label", Datatype.INT64, np.array([1, 0])),
            NamedTensor("probabilities", Datatype.FP64, np.array([[0.25, 0.75], [np.nan, 0.5]])),
        ),
    )


def test_json_holds_each_row_with_its_outputs_and_their_origin():
    assert json.loads(as_json(predictions())) == {
        "model": "flights",
        "version": "3",
        "digest": "sha256:abc",
        "rows": [
            {
                "inputs": {"distance_0": 100.0, "carrier": "AA"},
                "outputs": {"label": 1, "probabilities": [0.25, 0.75]},
            },
            {
                "inputs": {"distance_0": None, "carrier": ""},
                "outputs": {"label": 0, "probabilities": [None, 0.5]},
            },
        ],
    }


def test_the_table_shows_outputs_first_and_a_dash_for_what_is_missing(capsys):
    print_predictions(predictions())

    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert lines == [
        ["ROW", "label", "probabilities[0]", "probabilities[1]", "distance_0", "carrier"],
        ["1", "1", "0.25", "0.75", "100", "AA"],
        ["2", "0", "-", "0.5", "-", "-"],
    ]


def test_markup_in_a_category_is_shown_as_it_is(capsys):
    odd = NamedTensor("carrier", Datatype.BYTES, np.array([["[bold]x[/bold]"]], object))
    label = NamedTensor("label", Datatype.INT64, np.array([1]))

    print_predictions(Predictions("m", "1", "", (odd,), (label,)))

    assert "[bold]x[/bold]" in capsys.readouterr().out


def test_a_wide_table_leaves_inputs_out_and_counts_them(capsys):
    wide = predictions(inputs=8)
    print_predictions(wide)

    assert hidden_inputs(wide) == 3
    assert "distance_5" in (shown := capsys.readouterr().out)
    assert "distance_6" not in shown
    assert hidden_inputs(predictions()) == 0
