from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import yaml

from slipway.data.croissant import DatasetDescription
from slipway.data.dataset import Dataset
from slipway.data.expectations import parse_expectations, validate
from slipway.data.writer import write_dataset
from slipway.errors import DatasetError, ExpectationError

ROOT = Path(__file__).parents[3]
EXPECTED = {
    "tables": {
        "trips": {
            "month": {"required": True, "checks": {"in_range": {"min_value": 1, "max_value": 12}}},
            "carrier": {"checks": {"str_matches": {"pattern": "^[A-Z]{2}$"}}},
        }
    },
    "rules": {
        "one carrier a month": {
            "because": "the join needs it",
            "broken_by": "SELECT month, count(*) AS n FROM trips GROUP BY month HAVING count(*) > 1",
        }
    },
}


def check(tmp_path: Path, expected: dict[str, Any] = EXPECTED, **columns: list[Any]) -> None:
    with write_dataset(tmp_path / "trips", DatasetDescription(name="trips"), step="test") as writer:
        writer.write("trips", pa.table(columns))
    validate(Dataset.open(tmp_path / "trips"), parse_expectations(expected))


def test_good_rows_pass(tmp_path: Path) -> None:
    check(tmp_path, month=[1, 12], carrier=["AA", None])


def test_a_broken_check_names_rule_row_and_value(tmp_path: Path) -> None:
    with pytest.raises(ExpectationError, match=r"trips\.month: in_range\(1, 12\).*1 rows, such as row 1 with 13"):
        check(tmp_path, month=[1, 13], carrier=["AA", "UA"])


def test_a_missing_required_value_is_named(tmp_path: Path) -> None:
    with pytest.raises(ExpectationError, match=r"trips\.month: not_nullable.*row 2"):
        check(tmp_path, month=[1, 2, None], carrier=["AA", "UA", "DL"])


def test_every_broken_rule_is_reported_at_once(tmp_path: Path) -> None:
    with pytest.raises(ExpectationError) as caught:
        check(tmp_path, month=[3, 3, 99], carrier=["AA", "UA", "Delta"])
    message = str(caught.value)
    assert "breaks 3 of its expectations" in message
    assert "'Delta'" in message
    assert "one carrier a month (the join needs it)" in message
    assert "month=3, n=2" in message


def test_a_column_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="lacks column 'carrier'"):
        check(tmp_path, month=[1])


@pytest.mark.parametrize(
    ("expected", "message"),
    [
        ({"tables": {"trips": {"month": {"checks": {"is_nice": {}}}}}}, "Check 'is_nice' of column 'month'"),
        ({"tables": {"trips": {"month": {"nullable": True}}}}, "nullable"),
        ({"rules": {"r": {"because": "x", "broken_by": "SELECT oops FROM trips"}}}, "Rule 'r' cannot be checked"),
    ],
)
def test_malformed_expectations_say_where(tmp_path: Path, expected: dict[str, Any], message: str) -> None:
    with pytest.raises(ExpectationError, match=message):
        check(tmp_path, expected, month=[1])


def test_the_flagship_source_meets_its_expectations(nycflights: Dataset) -> None:
    content = yaml.safe_load((ROOT / "pipelines/expectations/nycflights13.yaml").read_text())
    validate(nycflights, parse_expectations(content))
