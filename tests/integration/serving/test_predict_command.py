"""`slipway predict` against real servers."""

import json
from pathlib import Path

import numpy as np
import pytest

from slipway.cli.predict import predict
from slipway.cli.server_process import ServerOptions, model_server
from slipway.errors import BundleError, DataError, EndpointError, InferenceError, UsageError
from tests.support.tiny_bundle import expected_probability

pytestmark = pytest.mark.slow

ROWS = [(100.0, "AA"), (2000.0, "UA"), (float("nan"), "never seen")]


@pytest.fixture(scope="session")
def endpoint(flights):
    with model_server(ServerOptions(flights.path, "flights", "3")) as server:
        yield f"{server.url}/v2/models/flights"


@pytest.fixture
def rows(tmp_path):
    path = tmp_path / "rows.csv"
    lines = [f"{'' if np.isnan(distance) else distance},{carrier}" for distance, carrier in ROWS]
    path.write_text("\n".join(["distance,carrier", *lines]) + "\n")
    return path


def probabilities(text):
    return [row["outputs"]["probabilities"][1] for row in json.loads(text)["rows"]]


def test_an_endpoint_answers_the_rows_of_a_file(endpoint, rows, flights, capsys):
    predict(endpoint, rows, as_json=True)

    printed = capsys.readouterr().out
    np.testing.assert_allclose(probabilities(printed), [expected_probability(*row) for row in ROWS], rtol=1e-6)
    facts = json.loads(printed)
    assert (facts["model"], facts["version"], facts["digest"]) == ("flights", "3", flights.digest)


def test_a_table_names_outputs_and_inputs(endpoint, rows, capsys):
    predict(endpoint.removesuffix("/v2/models/flights"), rows, name="flights")

    printed = capsys.readouterr().out.splitlines()
    assert printed[0].split() == ["ROW", "label", "probabilities[0]", "probabilities[1]", "distance", "carrier"]
    assert printed[3].split() == ["3", "0", "0.5", "0.5", "-", "never", "seen"]


def test_more_rows_than_one_request_holds_come_back_in_order(endpoint, tmp_path, capsys):
    distances = list(range(2345))
    path = tmp_path / "rows.jsonl"
    path.write_text("\n".join(json.dumps({"distance": each, "carrier": "AA"}) for each in distances))

    predict(endpoint, path, as_json=True)

    np.testing.assert_allclose(
        probabilities(capsys.readouterr().out), [expected_probability(each, "AA") for each in distances], rtol=1e-6
    )


def test_a_table_shows_the_first_rows_and_says_how_many_more(endpoint, tmp_path, capsys):
    path = tmp_path / "rows.csv"
    path.write_text("distance,carrier\n" + "1,AA\n" * 25)

    predict(endpoint, path)
    captured = capsys.readouterr()
    assert (len(captured.out.splitlines()), "5 more rows" in captured.err) == (21, True)

    predict(endpoint, path, limit=3)
    captured = capsys.readouterr()
    assert (len(captured.out.splitlines()), "22 more rows" in captured.err) == (4, True)


def test_a_bundle_is_served_for_the_call_and_its_example_answered(flights, capsys):
    predict(str(flights.path), example=True, as_json=True)

    found = json.loads(capsys.readouterr().out)
    expected = np.reshape(flights.output_example["outputs"][1]["data"], (-1, 2)).tolist()
    assert [row["outputs"]["probabilities"] for row in found["rows"]] == expected
    assert found["digest"] == flights.digest


@pytest.mark.parametrize(
    ("text", "kind", "words"),
    [
        ("distance\n1\n", InferenceError, "carrier"),
        ("distance,carrier\nfar,AA\n", DataError, "'far' in row 1"),
        ("distance,carrier\n", DataError, "no rows"),
    ],
)
def test_bad_rows_are_refused_by_place(endpoint, tmp_path, text, kind, words):
    path = tmp_path / "rows.csv"
    path.write_text(text)

    with pytest.raises(kind, match=words):
        predict(endpoint, path)


def test_a_request_the_server_refuses_is_told_with_its_reason(endpoint, tmp_path):
    path = tmp_path / "request.json"
    path.write_text(json.dumps({"inputs": [{"name": "miles", "shape": [1, 1], "datatype": "FP32", "data": [1]}]}))

    with pytest.raises(InferenceError, match=r"refused the request \(400\).*unknown 'miles'"):
        predict(endpoint, path)


def test_a_model_the_server_lacks_is_named(endpoint, rows):
    with pytest.raises(InferenceError, match=r"\(404\).*'boats'.*expected flights"):
        predict(endpoint.replace("flights", "boats"), rows)


def test_a_target_that_is_no_bundle_is_refused(tmp_path, rows):
    with pytest.raises(BundleError, match="is not a model bundle"):
        predict(str(tmp_path), rows)


def test_a_missing_file_is_refused_before_a_server_starts(flights, tmp_path):
    with pytest.raises(DataError, match=r"absent\.csv"):
        predict(str(flights.path), tmp_path / "absent.csv")


def test_an_endpoint_that_is_down_is_named(rows):
    with pytest.raises(EndpointError, match="does not answer"):
        predict("http://127.0.0.1:1", rows, name="flights")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({}, "got neither"),
        ({"rows": Path("rows.csv"), "example": True}, "got both"),
        ({"example": True}, "does not tell its bundle's example"),
    ],
)
def test_options_that_do_not_go_together_are_refused(options, words):
    with pytest.raises(UsageError, match=words):
        predict("http://127.0.0.1:1/v2/models/flights", **options)
