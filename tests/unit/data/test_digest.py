import datetime as dt

import hypothesis.strategies as st
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given

from slipway.data.digest import TableDigest, dataset_digest

SCHEMA = pa.schema(
    [
        ("count", pa.int64()),
        ("small", pa.int8()),
        ("share", pa.float32()),
        ("name", pa.string()),
        ("late", pa.bool_()),
        ("day", pa.date32()),
        ("at", pa.timestamp("us")),
    ]
)
ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "count": st.none() | st.integers(-(2**63), 2**63 - 1),
            "small": st.none() | st.integers(-128, 127),
            "share": st.none() | st.floats(width=32),
            "name": st.none() | st.text(max_size=8),
            "late": st.none() | st.booleans(),
            "day": st.none() | st.dates(dt.date(1970, 1, 1), dt.date(2100, 1, 1)),
            "at": st.none() | st.datetimes(dt.datetime(1970, 1, 1), dt.datetime(2100, 1, 1)),
        }
    ),
    max_size=30,
)


def digest(*tables: pa.Table) -> dict[str, str]:
    running = TableDigest(SCHEMA)
    for table in tables:
        running.update(table)
    return running.column_digests()


@given(rows=ROWS, cut=st.integers(0, 30))
def test_digest_does_not_depend_on_how_rows_are_cut(rows: list[dict], cut: int) -> None:
    table = pa.Table.from_pylist(rows, schema=SCHEMA)
    parts = [table.slice(0, cut), table.slice(cut)]
    assert digest(table) == digest(*parts) == digest(pa.concat_tables(parts))


@given(rows=ROWS.filter(bool), data=st.data())
def test_any_changed_value_changes_its_column_alone(rows: list[dict], data: st.DataObject) -> None:
    column = data.draw(st.sampled_from(SCHEMA.names))
    place = data.draw(st.integers(0, len(rows) - 1))
    before = pa.Table.from_pylist(rows, schema=SCHEMA)
    changed = [dict(row) for row in rows]
    others = {"count": 7, "small": 7, "share": 0.5, "name": "other", "late": True}
    new = others.get(column, dt.datetime(2001, 2, 3))
    if column == "day":
        new = dt.date(2001, 2, 3)
    changed[place][column] = None if changed[place][column] == new else new
    after = digest(pa.Table.from_pylist(changed, schema=SCHEMA))
    assert {name for name, value in digest(before).items() if after[name] != value} == {column}


def test_null_zero_and_empty_are_told_apart() -> None:
    def one(kind: pa.DataType, value: object) -> str:
        running = TableDigest(pa.schema([("x", kind)]))
        running.update(pa.table({"x": pa.array([value], kind)}))
        return running.column_digests()["x"]

    assert one(pa.int64(), 0) != one(pa.int64(), None)
    assert one(pa.string(), "") != one(pa.string(), None)
    assert one(pa.float32(), float("nan")) != one(pa.float32(), None)
    assert one(pa.int64(), 0) != one(pa.int32(), 0)


def test_moved_text_is_not_the_same_text() -> None:
    def of(*texts: str) -> str:
        running = TableDigest(pa.schema([("x", pa.string())]))
        running.update(pa.table({"x": list(texts)}))
        return running.column_digests()["x"]

    assert of("ab", "c") != of("a", "bc")


@pytest.mark.parametrize("bits", [0x7FC00000, 0x7FC00001, 0xFFC00000])
def test_every_nan_is_the_same_nan(bits: int) -> None:
    running = TableDigest(pa.schema([("x", pa.float32())]))
    running.update(pa.table({"x": np.array([bits], dtype=np.uint32).view(np.float32)}))
    plain = TableDigest(pa.schema([("x", pa.float32())]))
    plain.update(pa.table({"x": np.array([np.nan], dtype=np.float32)}))
    assert running.column_digests() == plain.column_digests()


def test_digest_is_the_one_recorded_on_other_machines() -> None:
    table = pa.table({"x": pa.array([1, None, 3], pa.int32()), "s": ["a", None, "é"]})
    running = TableDigest(table.schema)
    running.update(table)
    assert dataset_digest({"t": (3, running.column_digests())}) == (
        "sha256:d596efc238d20f399eddf845cee1293d7cc9109f0a9d7b29f0e60c78bc1d37e2"
    )
