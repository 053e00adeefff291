"""The writers of many answers say what the writers of one say."""

import numpy as np
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.inference.plan import ModelPlan
from serving.tensors.binary_answer import BinaryAnswer
from serving.tensors.json_answer import JsonAnswer
from serving.tensors.json_batch import JsonBatch
from serving.tensors.raw_batch import RawBatch
from serving.tensors.v1_answer import write_v1_answer
from slipway.onnx.signature import Datatype, ModelSignature, TensorSpec

OUTPUTS = (
    TensorSpec(name="label", datatype=Datatype.INT64, shape=(-1,)),
    TensorSpec(name="scores", datatype=Datatype.FP32, shape=(-1, 2)),
    TensorSpec(name="grid", datatype=Datatype.FP64, shape=(-1, 2, 3)),
    TensorSpec(name="flag", datatype=Datatype.BOOL, shape=(-1, 1)),
    TensorSpec(name="word", datatype=Datatype.BYTES, shape=(-1,)),
)
NAMES = tuple(spec.name for spec in OUTPUTS)
NUMERIC = NAMES[:-1]
PLAN = ModelPlan.of(ModelSignature(inputs=(), outputs=OUTPUTS))


def tensors(rows, seed=0):
    generator = np.random.default_rng(seed)
    scores = generator.random((rows, 2)).astype(np.float32)
    scores[0, 0] = np.nan
    words = np.array([f'],["{row}' if row % 2 else "é" for row in range(rows)], dtype=object)
    return [
        generator.integers(-9, 9, rows),
        scores,
        generator.random((rows, 2, 3)),
        generator.random((rows, 1)) > 0.5,
        words,
    ]


def slices(outputs, rows):
    start = 0
    for count in rows:
        yield [output[start : start + count] for output in outputs]
        start += count


ROWS = st.lists(st.integers(1, 4), min_size=1, max_size=6)
IDS = st.one_of(st.none(), st.text(max_size=5))


@given(ROWS, st.data())
def test_json_bodies_are_those_of_single_answers(rows, data):
    outputs, ids = tensors(sum(rows)), [data.draw(IDS) for _ in rows]
    bodies = JsonBatch("m", "1", PLAN).bodies(outputs, NAMES, rows, ids)

    single = JsonAnswer("m", "1", PLAN)
    expected = [single.write(own, NAMES, each) for own, each in zip(slices(outputs, rows), ids, strict=True)]
    assert [orjson.loads(body) for body in bodies] == [orjson.loads(body) for body in expected]


@given(ROWS, st.data())
def test_raw_bodies_are_those_of_single_answers(rows, data):
    outputs, ids = tensors(sum(rows))[:-1], [data.draw(IDS) for _ in rows]
    bodies = RawBatch("m", "1", PLAN).bodies(outputs, NUMERIC, rows, ids)

    single = BinaryAnswer("m", "1", PLAN)
    for (body, length), own, each in zip(bodies, slices(outputs, rows), ids, strict=True):
        expected, expected_length = single.write(own, NUMERIC, each, binary=True)
        assert orjson.loads(body[:length]) == orjson.loads(expected[:expected_length])
        assert body[length:] == expected[expected_length:]


def test_raw_batches_take_no_strings():
    batch = RawBatch("m", "1", PLAN)

    assert batch.takes(NUMERIC)
    assert not batch.takes(NAMES)


@pytest.mark.parametrize("kind", [np.longlong, np.int64, np.uint8, np.bool_])
def test_v1_answers_take_the_integers_of_onnx_runtime(kind):
    body = write_v1_answer([np.ones(2, kind), np.ones((2, 1), np.float32)], ("label", "score"))

    assert orjson.loads(body)["predictions"] == [{"label": 1, "score": [1.0]}] * 2
