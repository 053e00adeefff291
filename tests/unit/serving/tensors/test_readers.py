"""Readers that know their clients' forms: what they know must never show."""

import json
import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from serving.tensors.binary_reader import BinaryReader
from serving.tensors.binary_request import read_binary_request
from serving.tensors.json_reader import JsonReader
from serving.tensors.json_request import read_json_request
from slipway.errors import InferenceError
from tests.support.signatures import plan_of

PLAN = plan_of([("x", "FP32", (-1, -1))])
SEVERAL = plan_of([("x", "FP32", (-1, 2)), ("s", "BYTES", (-1,))], [("y", "FP32", (-1,))])
DATA = '{"name":"x","shape":[1,2],"datatype":"FP32","data":[1,2]}'
JSON_READER = JsonReader(PLAN)
COLUMNS_READER = JsonReader(SEVERAL)
BINARY_READER = BinaryReader(SEVERAL)


def outcome(read, *arguments):
    """The question, or the text of the refusal, as something that compares."""
    try:
        question = read(*arguments)
    except InferenceError as error:
        return str(error)
    inputs = {
        name: (values.dtype, values.shape, json.dumps(values.tolist())) for name, values in question.inputs.items()
    }
    rest = (
        question.form.outputs,
        question.form.binary_outputs,
        question.form.timeout_seconds,
        question.form.parameters,
    )
    return inputs, question.id, *rest


IDS = st.sampled_from(["", '"id":"a-1",', '"id": "b:2",', '"id":"\\u0041",', '"id":7,', '"id":"a","id":"b",'])
VALUES = st.one_of(
    st.lists(st.floats(width=32) | st.integers() | st.none() | st.booleans(), min_size=1, max_size=3).map(
        json.dumps
    ),
    st.sampled_from(
        ["[1,2]", "[ 1.5 , null ]", "[[1,2]]", "[1,1e39]", '[1,"2"]', '["]",2]', "[]", "1", '"[1,2]"']
    ),
    st.sampled_from(
        ["[1,2],", "[1,2", "[1,[2]]", "[01,2]", "[NaN,1]", "[1,2.]", '[1,2],"data":[1,2]', "[true,1]"]
    ),
)
AROUND = st.sampled_from(
    [
        '"inputs":[{"name":"x","shape":[1,2],"datatype":"FP32","data":%s}]',
        '"inputs":[{"name":"x","shape":[1,2],"datatype":"FP32","data" : %s}]',
        '"inputs":[{"data":%s,"name":"x","shape":[1,2],"datatype":"FP32"}]',
        '"inputs":[{"name":"x","shape":[1,2],"datatype":"FP32","data":%s}],"outputs":[{"name":"y"}]',
        '"inputs":[{"name":"x","shape":[1,2],"datatype":"FP32","data":%s}],"parameters":{"timeout":5}',
        '"inputs":[{"name":"x","shape":[1,2],"datatype":"FP32","data":%s}],"id":"late"',
        '"inputs":[{"name":"x","shape":[2,1],"datatype":"FP32","data":%s}]',
        f'"x":{{"data":%s}},"inputs":[{DATA}]',
        f'"inputs":[{DATA}],"x":{{"data":%s}}',
        f'"x":"\\"data\\":[1,2]","inputs":[{DATA.replace("[1,2]}", "%s}")}]',
    ]
)


@settings(max_examples=500)
@given(IDS, AROUND, st.lists(VALUES, min_size=2, max_size=4))
def test_json_is_read_alike_at_first_and_again(given_id, around, several):
    for values in several:
        body = ("{" + given_id + around % values + "}").encode()

        assert outcome(JSON_READER.read, body) == outcome(read_json_request, body, PLAN)


ROW_X, ROW_S = (
    '{"name":"x","shape":[1,2],"datatype":"FP32","data":%s}',
    '{"name":"s","shape":[1],"datatype":"BYTES","data":%s}',
)
AROUND_TWO = st.sampled_from(
    [
        f'"inputs":[{ROW_X},{ROW_S}]',
        f'"inputs": [{ROW_X}, {ROW_S}], "outputs": [{{"name": "y"}}]'.replace(":", ": "),
        f'"inputs":[{ROW_X},{ROW_S}],"parameters":{{"timeout":5}}',
        f'"inputs":[{ROW_X},{ROW_S}],"id":"late"',
        f'"inputs":[{ROW_X.replace("[1,2]", "[2,2]")},{ROW_S.replace("[1]", "[2]")}]',
        f'"inputs":[{ROW_X},{ROW_X}]',
        f'"inputs":[{ROW_X}],"inputs":[{ROW_S}]',
        f'"inputs":[{ROW_X},{ROW_S.replace("BYTES", "INT8")}]',
        '"inputs":[{"data":%s,"name":"x","shape":[1,2],"datatype":"FP32"},' + ROW_S + "]",
        f'"x":{{"data":%s}},"inputs":[{DATA},{ROW_S}]',
    ]
)
NUMBERS = st.sampled_from(
    [
        *("[1,2]", "[ 1.5 , null ]", "[[1,2]]", "[[[1,2]]]", "[[1,2],[3,4]]", "[1,2,3,4]", "[true,1]", "[1,1e39]"),
        *(
            "[1]",
            "[]",
            "[1,2",
            "[1,[2]]",
            '[1,"2"]',
            "[NaN,1]",
            '[1,2],"data":[1,2]',
            '"[1,2]"',
            "[1,2]]",
            "[[1,2]",
        ),
    ]
)
STRINGS = st.sampled_from(
    [
        *('["a"]', '["ä\\u00e4"]', '[["a"]]', '["]"]', '["a","b"]', '["\\"],[1"]', '["a],[b"]', "[1]", "[null]"),
        *("[]", '[{"data":[]}]', '["a"', '["\\ud800"]', '["[", "]"]', '[["a"],["b"]]', '["a",]', '[""]', '["a" ]'),
    ]
)


@settings(max_examples=1000)
@given(IDS, AROUND_TWO, st.lists(st.tuples(NUMBERS, STRINGS), min_size=2, max_size=4))
def test_json_of_several_inputs_is_read_alike_at_first_and_again(given_id, around, several):
    for values in [("[1,2]", '["a"]'), *several]:
        body = ("{" + given_id + around % values + "}").encode()

        assert outcome(COLUMNS_READER.read, body) == outcome(read_json_request, body, SEVERAL)


def test_known_columns_are_read_from_their_values():
    reader = JsonReader(SEVERAL)
    for values in (("[1,2]", '["a"]'), ("[3, 4.5]", '["b"]'), ("[null,-1]", '["ä"]')):
        body = ('{"inputs":[' + ",".join((ROW_X, ROW_S)) % values + "]}").encode()
        assert outcome(reader.read, body) == outcome(read_json_request, body, SEVERAL)

    ((form,),) = reader._forms.values()
    assert form.read(body, 0, "q").inputs["s"].tolist() == ["ä"]


def test_forms_that_begin_alike_are_known_side_by_side():
    reader = JsonReader(SEVERAL)
    ends = ("]", '],"outputs":[{"name":"y"}]', '],"outputs":[{"name":"y"}],"parameters":{"timeout":5}')
    bodies = [('{"inputs":[' + ",".join((ROW_X, ROW_S)) % ("[1,2]", '["a"]') + end + "}").encode() for end in ends]
    for body in bodies:
        reader.read(body)

    (forms,) = reader._forms.values()
    assert [[form.read(body, 0, None) is not None for form in reversed(forms)] for body in bodies] == [
        [True, False, False],
        [False, True, False],
        [False, False, True],
    ]


def test_a_known_form_is_read_from_its_values():
    reader = JsonReader(PLAN)
    before, after = '{"inputs":[' + DATA.split("[1,2]}", maxsplit=1)[0], "}]}"
    for values in ("[1,2]", "[3,4.5]", "[null,-1]"):
        body = f"{before}{values}{after}".encode()
        assert outcome(reader.read, body) == outcome(read_json_request, body, PLAN)

    ((form,),) = reader._forms.values()
    assert form.read(f"{before}[5, null]{after}".encode(), 0, "q").inputs["x"].shape == (1, 2)


@pytest.mark.parametrize("datatype", ["FP16", "FP64", "INT8", "UINT64", "BOOL", "BYTES"])
def test_every_datatype_is_read_alike_again(datatype):
    plan = plan_of([("x", datatype, (-1,))])
    reader = JsonReader(plan)
    for values in (
        "[1]",
        "[true]",
        '["a"]',
        "[1.0]",
        "[null]",
        "[-1]",
        "[1]",
        "[300]",
        "[65520]",
        "[false]",
        '["]"]',
    ):
        body = f'{{"inputs":[{{"name":"x","shape":[1],"datatype":"{datatype}","data":{values}}}]}}'.encode()

        assert outcome(reader.read, body) == outcome(read_json_request, body, plan)


def test_forms_are_kept_up_to_a_bound():
    reader = JsonReader(PLAN)
    for number in range(1000):
        body = f'{{"k{number}":1,"inputs":[{DATA}]}}'.encode()
        assert outcome(reader.read, body) == outcome(read_json_request, body, PLAN)

    assert 0 < len(reader._forms) <= 64


def test_long_and_pieced_bodies_are_read_alike():
    body = f'{{"inputs":[{DATA}]}}'.encode()
    for sent in (body, body + b" " * 5000, bytearray(body)):
        assert outcome(JSON_READER.read, sent) == outcome(read_json_request, body, PLAN)


RAW_X = '{"name":"x","shape":[1,2],"datatype":"FP32","parameters":{"binary_data_size":8}}'
HEADERS = st.sampled_from(
    [
        f'"inputs":[{RAW_X}]',
        f'"inputs":[{DATA}]',
        f'"inputs":[{RAW_X},{{"name":"s","shape":[1],"datatype":"BYTES","parameters":{{"binary_data_size":5}}}}]',
        f'"inputs":[{{"name":"s","shape":[1],"datatype":"BYTES","parameters":{{"binary_data_size":5}}}},{RAW_X}]',
        f'"inputs":[{RAW_X}],"outputs":[{{"name":"y","parameters":{{"binary_data":true}}}}]',
        f'"inputs":[{RAW_X}],"parameters":{{"binary_data_output":true}}',
        f'"inputs":[{RAW_X}],"inputs":[{RAW_X}]',
        f'"inputs":[{RAW_X.replace("8", "9")}]',
        "",
    ]
)
X, S = struct.pack("<2f", 1, np.nan), b"\1\0\0\0a"
TAILS = st.sampled_from([X, X + S, S + X, X[:-1], X + b"!", b"", S, X + b"\1\0\0\0\xff", X + b"\2\0\0\0a"])
LENGTHS = st.sampled_from([b"%d", b"%d", b"%d", b" %d", b"-%d", b"0%d", b"%d0", b""])


@settings(max_examples=500)
@given(IDS, HEADERS, TAILS, LENGTHS)
def test_raw_tensors_are_read_alike_at_first_and_again(given_id, header, tail, length):
    text = ("{" + given_id + header + "}").encode()
    sent = length % len(text) if length else b"0"
    for body in (text + X, text + tail, bytearray(text + tail), text + X + S):
        assert outcome(BINARY_READER.read, body, sent) == outcome(read_binary_request, body, sent, SEVERAL)


def test_known_json_before_raw_tensors_is_not_parsed_again():
    reader = BinaryReader(SEVERAL)
    for number in range(3):
        text = f'{{"id":"q-{number}","inputs":[{RAW_X}]}}'.encode()
        question = reader.read(text + struct.pack("<2f", number, 1), b"%d" % len(text))
        assert (question.id, question.inputs["x"].tolist()) == (f"q-{number}", [[number, 1]])

    assert len(reader._forms) == 1


def test_known_json_is_kept_up_to_a_bound():
    reader = BinaryReader(SEVERAL)
    for number in range(1000):
        text = f'{{"k{number}":{number},"inputs":[{RAW_X}]}}'.encode()
        assert reader.read(text + X, b"%d" % len(text)).inputs["x"].shape == (1, 2)

    assert 0 < len(reader._forms) <= 64


@pytest.mark.parametrize("beside", ['"half":"\\ud800"', '"huge":1' + "0" * 400])
def test_what_only_the_strict_reader_takes_is_read_each_time(beside):
    entry = '{"name":"x","shape":[1,1],"datatype":"FP32","parameters":{"binary_data_size":4}}'
    text = f'{{{beside},"inputs":[{entry}]}}'
    body = text.encode() + struct.pack("<f", 0.5)
    reader = BinaryReader(PLAN)
    for _ in range(2):
        assert reader.read(body, b"%d" % len(text)).inputs["x"].tolist() == [[0.5]]
