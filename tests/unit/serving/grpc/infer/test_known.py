from types import SimpleNamespace

import numpy as np
import pytest

from serving.grpc.infer.known import Asked, learn
from serving.grpc.infer.question import Question
from serving.grpc.infer.wire import INPUT_TAG, length_delimited_head
from serving.grpc.protos.open_inference_pb2 import ModelInferRequest
from tests.support.infer_requests import as_message
from tests.support.signatures import plan_of

PLAN = plan_of([("a", "FP32", (-1, 2)), ("b", "INT64", (-1,))], [("y", "FP32", (-1,))])
TEXT_PLAN = plan_of([("a", "FP32", (-1, 2)), ("b", "BYTES", (-1,))], [("y", "FP32", (-1,))])
REPLY = SimpleNamespace(writer=None)


def again(known, content, before=b"", after=b""):
    """What is read from another message in the midst of others."""
    data = before + as_message(content) + after
    return known.memories(data, len(before), len(data) - len(after))


def message_of(a, b, **fields):
    message = ModelInferRequest(model_name="m", **fields)
    for name, values in (("a", np.array(a, np.float32)), ("b", np.array(b, np.int64))):
        message.inputs.add(name=name, datatype="FP32" if name == "a" else "INT64", shape=values.shape)
        message.raw_input_contents.append(values.tobytes())
    return message


def learned(content, plan=PLAN, before=b""):
    message = ModelInferRequest.FromString(content)
    question = Question.of(message, plan)
    request = plan.request(question.inputs, question.outputs, REPLY, 0.0)
    prepared = SimpleNamespace(plan=plan, outputs=request.outputs)
    data = before + as_message(content)
    return learn(data, len(before), len(data), Asked(message, request, prepared, question.timeout_seconds))


def test_other_values_are_read_from_the_same_beginning():
    known = learned(message_of([[1, 2]], [3]).SerializeToString(), before=b"a frame")
    other = message_of([[4, 5]], [6]).SerializeToString()
    inputs = known.packing.arrays(again(known, other, b"x", b"more"))
    assert {name: values.tolist() for name, values in inputs.items()} == {"a": [[4, 5]], "b": [6]}
    assert [values.dtype for values in inputs.values()] == [np.float32, np.int64]
    assert all(values.flags.aligned for values in inputs.values())
    assert (known.name, known.version, known.packing.rows) == ("m", None, 1)


@pytest.mark.parametrize(
    "other",
    [
        message_of([[1, 2]], [3], model_version="1"),
        message_of([[1, 2], [3, 4]], [5, 6]),
        ModelInferRequest(model_name="n"),
    ],
)
def test_another_beginning_is_not_known(other):
    known = learned(message_of([[1, 2]], [3]).SerializeToString())
    assert again(known, other.SerializeToString()) is None


def test_another_second_field_of_the_same_length_is_not_known():
    content = message_of([[1, 2]], [3]).SerializeToString()
    known = learned(content)
    head = length_delimited_head(INPUT_TAG, 8)
    assert content[-10:-8] == head
    assert again(known, content[:-10] + b"\x3a\x07" + content[-8:]) is None


def test_requests_that_differ_in_their_beginning_are_not_learned():
    assert learned(message_of([[1, 2]], [3], id="7").SerializeToString()) is None


def text_message(a, *texts, datatype="BYTES"):
    """A message of one row, and of strings as they are in `raw_input_contents`."""
    message = ModelInferRequest(model_name="m")
    message.inputs.add(name="b", datatype=datatype, shape=[len(texts)])
    message.raw_input_contents.append(b"".join(len(text).to_bytes(4, "little") + text for text in texts))
    message.inputs.add(name="a", datatype="FP32", shape=[1, 2])
    message.raw_input_contents.append(np.array(a, np.float32).tobytes())
    return message.SerializeToString()


@pytest.mark.parametrize("text", [b"", b"text", "ä€".encode(), b"x" * 123, b"x" * 124, b"x" * 20_000])
def test_strings_of_any_length_are_read_from_the_same_beginning(text):
    known = learned(text_message([[1, 2]], b"first"), TEXT_PLAN, before=b"a frame")
    values = again(known, text_message([[4, 5]], text), b"x", b"more")
    inputs = known.packing.arrays(values)
    assert inputs["a"].tolist() == [[4, 5]]
    assert inputs["b"].tolist() == [text.decode()]


def spoiled():
    """Messages that begin as one with the string "text" and go on otherwise; each has what is wrong with it."""
    good = text_message([[1, 2]], b"text")
    raw = b":\x08\4\0\0\0text"
    assert good.count(raw) == 1
    yield "more behind", good + b"\0"
    yield "less", good[:-1]
    yield "no UTF-8", good.replace(b"text", b"t\xffxt")
    yield "two strings", text_message([[1, 2]], b"te", b"xt")
    yield "a longer string than there is", good.replace(b"\4\0\0\0text", b"\5\0\0\0text")
    yield "a shorter string", good.replace(b"\4\0\0\0text", b"\3\0\0\0text")
    yield "no length of the string", good.replace(raw, b":\3tex")
    yield "a length beyond the end", good.replace(raw, b":\xff\x7f\4\0\0\0text")
    yield "a length without end", good.replace(raw, b":" + b"\xff" * 8)
    yield "another field", good.replace(raw, b"B" + raw[1:])
    yield "numbers first", message_of([[1, 2]], [3]).SerializeToString()


@pytest.mark.parametrize("content", [pytest.param(content, id=name) for name, content in spoiled()])
def test_strings_that_are_not_simply_there_are_not_known(content):
    known = learned(text_message([[1, 2]], b"text"), TEXT_PLAN)
    assert again(known, text_message([[1, 2]], b"text")) is not None
    assert again(known, content) is None


def test_a_compressed_message_is_not_known():
    content = text_message([[1, 2]], b"text")
    known = learned(content, TEXT_PLAN)
    data = b"\1" + as_message(content)[1:]
    assert known.memories(data, 0, len(data)) is None


@pytest.mark.parametrize("datatype", ["BOOL", "BF16"])
def test_values_that_must_be_looked_at_are_not_learned(datatype):
    plan = plan_of([("b", datatype, (-1,))], [("y", "FP32", (-1,))])
    message = ModelInferRequest(model_name="m", raw_input_contents=[b"\1\0"])
    message.inputs.add(name="b", datatype=datatype, shape=[2 if datatype == "BOOL" else 1])
    assert learned(message.SerializeToString(), plan) is None


def test_fields_in_another_order_are_not_learned():
    message = message_of([[1, 2]], [3])
    raws = ModelInferRequest(raw_input_contents=message.raw_input_contents).SerializeToString()
    message.ClearField("raw_input_contents")
    assert learned(raws + message.SerializeToString()) is None


def test_bytes_that_only_look_like_the_values_are_not_learned():
    # An unknown field at the end whose content is what the raw contents would be.
    message = message_of([[1, 2]], [3])
    content = message.SerializeToString()
    values = ModelInferRequest(raw_input_contents=message.raw_input_contents).SerializeToString()
    assert learned(content + length_delimited_head(b"\xfa\x01", len(values)) + values) is None


def test_parameters_count_as_the_beginning():
    message = message_of([[1, 2]], [3])
    message.parameters["timeout"].int64_param = 2_000_000
    known = learned(message.SerializeToString())
    assert known.timeout_seconds == 2.0


@pytest.mark.parametrize(("size", "head"), [(0, b":\0"), (127, b":\x7f"), (128, b":\x80\1"), (300, b":\xac\2")])
def test_lengths_are_written_as_protobuf_does(size, head):
    assert length_delimited_head(INPUT_TAG, size) == head
    assert ModelInferRequest.FromString(head + bytes(size)).raw_input_contents[0] == bytes(size)
