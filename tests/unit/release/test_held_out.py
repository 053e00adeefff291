from __future__ import annotations

from datetime import date

import numpy as np
import pyarrow as pa
import pytest

from slipway.errors import GateError
from slipway.release.held_out import MISSING, MOST_BLOCKS, HeldOut
from tests.support.gate_bundles import CLASSIFICATION, CLUSTERING, REGRESSION


def replaced(rows, name, values):
    return rows.set_column(rows.column_names.index(name), name, values)


def test_rows_of_one_day_share_a_block(rows):
    held_out = HeldOut.of(rows, CLASSIFICATION, minimum_blocks=10)
    days = np.array(rows.column("day").to_pylist())
    assert held_out.block_count == 60
    assert all(np.unique(held_out.blocks[days == day]).size == 1 for day in np.unique(days))
    assert held_out.block_words == "60 blocks of `day`"


def test_blocks_may_be_dates(rows):
    dates = pa.array([date(2013, 11, 1 + number % 20) for number in range(rows.num_rows)])
    assert HeldOut.of(replaced(rows, "day", dates), CLASSIFICATION, minimum_blocks=10).block_count == 20


def test_without_a_block_column_rows_are_independent(rows):
    held_out = HeldOut.of(rows, CLUSTERING, minimum_blocks=10)
    assert held_out.block_count == MOST_BLOCKS
    assert held_out.block_words == "3,000 rows taken as independent"
    assert HeldOut.of(rows.slice(0, 40), CLUSTERING, minimum_blocks=10).block_count == 40


def test_blocks_beyond_the_most_are_pooled_whole():
    count = MOST_BLOCKS + 500
    table = pa.table(
        {
            "x": pa.array([0.0] * 2 * count, pa.float32()),
            "carrier": ["AA"] * 2 * count,
            "day": [str(number) for number in range(count)] * 2,
            "late": [0, 1] * count,
        }
    )
    blocks = HeldOut.of(table, CLASSIFICATION, minimum_blocks=10).blocks
    assert blocks.max() + 1 == MOST_BLOCKS
    assert (blocks[:count] == blocks[count:]).all()


def test_slices_hold_each_value_and_the_missing_one(rows):
    carriers = rows.column("carrier").to_pylist()
    carriers[:5] = [None] * 5
    task = CLASSIFICATION.model_copy(update={"slices": ("carrier", "late")})
    slices = HeldOut.of(replaced(rows, "carrier", pa.array(carriers)), task, minimum_blocks=10).slices
    assert [column.name for column in slices] == ["carrier", "late"]
    assert slices[0].values == (MISSING, "AA", "DL", "UA")
    assert [slices[0].values[code] for code in slices[0].codes[:7]] == [MISSING] * 5 + carriers[5:7]
    assert slices[1].values == ("0", "1")


def test_slices_may_be_dictionary_encoded(rows):
    encoded = replaced(rows, "carrier", rows.column("carrier").dictionary_encode())
    plain, dictionary = (HeldOut.of(table, CLASSIFICATION, minimum_blocks=10) for table in (rows, encoded))
    assert dictionary.slices[0].values == plain.slices[0].values
    assert (dictionary.slices[0].codes == plain.slices[0].codes).all()


def test_no_rows_are_refused(rows):
    with pytest.raises(GateError, match="no held-out rows"):
        HeldOut.of(rows.slice(0, 0), CLASSIFICATION, minimum_blocks=10)


@pytest.mark.parametrize("name", ["late", "day", "carrier"])
def test_a_missing_column_is_named(rows, name):
    with pytest.raises(GateError, match=f"lack '{name}'") as caught:
        HeldOut.of(rows.drop_columns([name]), CLASSIFICATION, minimum_blocks=10)
    assert caught.value.cure


def test_a_missing_target_value_is_counted(rows):
    late = pa.array([None, None, *rows.column("late").to_pylist()[2:]])
    with pytest.raises(GateError, match="'late' is missing in 2 of 3,000"):
        HeldOut.of(replaced(rows, "late", late), CLASSIFICATION, minimum_blocks=10)


def test_a_target_of_words_is_refused(rows):
    words = pa.array(["late"] * rows.num_rows)
    with pytest.raises(GateError, match="'late' is not a number"):
        HeldOut.of(replaced(rows, "late", words), CLASSIFICATION, minimum_blocks=10)


@pytest.mark.parametrize("value", [0, 1])
def test_one_class_cannot_be_judged(rows, value):
    one = pa.array([value] * rows.num_rows)
    with pytest.raises(GateError, match="class 0 and of class 1") as caught:
        HeldOut.of(replaced(rows, "late", one), CLASSIFICATION, minimum_blocks=10)
    assert caught.value.got == f"only {value}"


def test_a_third_class_cannot_be_judged(rows):
    classes = pa.array([0, 1, 2] * (rows.num_rows // 3))
    with pytest.raises(GateError, match="no other value"):
        HeldOut.of(replaced(rows, "late", classes), CLASSIFICATION, minimum_blocks=10)


def test_a_number_that_is_always_the_same_may_be_a_regression_target(rows):
    same = pa.array([1.0] * rows.num_rows, pa.float32())
    assert HeldOut.of(replaced(rows, "delay", same), REGRESSION, minimum_blocks=10).target.max() == 1.0


def test_too_few_blocks_are_refused(rows):
    with pytest.raises(GateError, match="at least 10 independent blocks") as caught:
        HeldOut.of(rows.slice(0, 450), CLASSIFICATION, minimum_blocks=10)
    assert caught.value.got == "9 blocks of `day`"
