"""Joining requests, splitting their answers, and keeping one's trouble from the others."""

import asyncio

import numpy as np
import pytest

from serving.inference.batch import (
    answer,
    are_alike,
    by_group,
    check_rows,
    fail,
    in_portions,
    join,
    leading,
    split,
    without,
)
from serving.inference.request import InferRequest
from tests.support.inference_replies import HeldReply, RowsWriter

GROUP = ("y",)


class Reply:
    """Where an answer would go."""

    gone = False

    def __init__(self, writer=None):
        self.writer = writer


WRITER = RowsWriter()


def request(rows=1, *, group=GROUP, writer=WRITER, reply=None, deadline=10.0, first=0, **inputs):
    values = inputs or {"x": np.arange(first, first + rows, dtype=np.float32).reshape(rows, 1)}
    return InferRequest(values, ("y",), rows, group, reply or Reply(writer), 0.0, deadline)


def test_a_single_request_is_not_copied():
    single = request(3)
    assert join([single]) is single.inputs


def test_requests_are_joined_in_order_whatever_the_order_of_their_inputs():
    a, b = np.float32([[1], [2]]), np.array([["x"], ["y"]], object)
    joined = join([request(2, a=a, b=b), request(1, b=b[:1], a=a[1:])])
    assert joined["a"].tolist() == [[1], [2], [2]]
    assert joined["b"].tolist() == [["x"], ["y"], ["x"]]
    assert joined["b"].dtype == object


def test_each_request_gets_its_rows_of_each_output():
    batch = [request(2), request(1), request(3)]
    rows = [[output.tolist() for output in own] for own in split(batch, [np.arange(6), np.arange(10, 16)])]
    assert rows == [[[0, 1], [10, 11]], [[2], [12]], [[3, 4, 5], [13, 14, 15]]]


def test_a_single_request_gets_whatever_there_is():
    outputs = [np.zeros(0), np.float32(1)]
    assert list(split([request(5)], outputs)) == [outputs]


def test_outputs_need_a_row_for_each_row():
    batch = [request(2), request(1)]
    check_rows(batch, [np.zeros((3, 2)), np.zeros(3)])
    with pytest.raises(ValueError, match="2 rows of answers to 3 rows"):
        check_rows(batch, [np.zeros(3), np.zeros(2)])


@pytest.mark.parametrize("other", [{"group": "z"}, {"group": tuple("y")}, {"writer": RowsWriter()}])
def test_requests_are_alike_only_if_group_and_writer_are_the_same_object(other):
    assert are_alike([request(), request(2)])
    assert not are_alike([request(), request(**other)])


def test_groups_are_by_value_and_keep_the_order():
    other, same = RowsWriter(), tuple("y")
    requests = [request(), request(group="b"), request(group=same), request(writer=other), request(group="b")]
    grouped = [[requests.index(each) for each in group] for group in by_group(requests)]
    assert grouped == [[0, 2], [1, 4], [3]]


@pytest.mark.parametrize(
    ("rows", "most", "expected"),
    [
        ([1, 1, 1, 1], 2, [[1, 1], [1, 1]]),
        ([2, 1, 1], 3, [[2, 1], [1]]),
        ([5, 1, 1], 3, [[5], [1, 1]]),
        ([1, 5, 1], 3, [[1], [5], [1]]),
        ([1, 1], 0, [[1], [1]]),
        ([], 4, []),
    ],
)
def test_portions_have_at_most_so_many_rows_unless_one_request_has_more(rows, most, expected):
    portions = in_portions([request(count) for count in rows], most)
    assert [[each.rows for each in portion] for portion in portions] == expected


@pytest.mark.parametrize(
    ("rows", "most_requests", "most_rows", "expected"),
    [
        ([1, 1, 1], 2, 9, 2),
        ([1, 1, 1], 9, 9, 3),
        ([1, 1, 1], 9, 2, 2),
        ([5, 1, 1], 9, 3, 1),
        ([1, 5, 1], 9, 3, 1),
        ([1, 1], 9, 0, 1),
        ([1], 1, 0, 1),
    ],
)
def test_the_leading_requests_that_share_a_run_are_counted(rows, most_requests, most_rows, expected):
    assert leading([request(count) for count in rows], most_requests, most_rows) == expected


def test_the_leading_requests_end_before_one_of_another_group_or_writer():
    assert leading([request(), request(group=tuple("y")), request(group="z")], 9, 9) == 2
    assert leading([request(), request(writer=RowsWriter()), request()], 9, 9) == 1


def test_requests_are_left_out_by_identity():
    first, second, third = request(), request(), request()
    assert without([first, second, third], [second]) == [first, third]
    assert without([first], [first]) == []


def test_answers_that_cannot_be_written_together_are_written_one_by_one():
    async def check():
        writer = RowsWriter()
        replies = [HeldReply(writer, unwritable=number == 1) for number in range(3)]
        batch = [request(1, reply=reply) for reply in replies]
        answer(batch, [np.arange(3)])
        assert writer.sizes == [3, 1, 1, 1]
        assert [replies[0].future.result()[0].tolist(), replies[2].future.result()[0].tolist()] == [[0], [2]]
        with pytest.raises(ValueError, match="cannot be written"):
            replies[1].future.result()

    asyncio.run(check())


def test_a_reply_that_cannot_even_fail_is_logged(caplog):
    fail(request(reply=object()), ValueError("no"))
    assert "could not be told of its error" in caplog.text
