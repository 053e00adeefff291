import grpc
import numpy as np
import pytest

from serving.grpc.protos.open_inference_pb2 import ModelInferRequest
from tests.support.tiny_bundle import expected_probability

ECHO = {
    "bool": ("BOOL", np.array([[True], [False]])),
    "uint8": ("UINT8", np.array([[0], [255]], np.uint8)),
    "uint16": ("UINT16", np.array([[0], [65535]], np.uint16)),
    "uint32": ("UINT32", np.array([[0], [2**32 - 1]], np.uint32)),
    "uint64": ("UINT64", np.array([[0], [2**64 - 1]], np.uint64)),
    "int8": ("INT8", np.array([[-128], [127]], np.int8)),
    "int16": ("INT16", np.array([[-(2**15)], [2**15 - 1]], np.int16)),
    "int32": ("INT32", np.array([[-(2**31)], [2**31 - 1]], np.int32)),
    "int64": ("INT64", np.array([[-(2**63)], [2**63 - 1]], np.int64)),
    "fp16": ("FP16", np.array([[0.1], [np.inf]], np.float16)),
    "bf16": ("BF16", np.array([[0x3F80], [0xC040]], np.uint16)),  # 1 and -3
    "fp32": ("FP32", np.array([[0.1], [np.nan]], np.float32)),
    "fp64": ("FP64", np.array([[0.1], [-np.inf]])),
    "bytes": ("BYTES", np.array([["ä"], [""]], object)),
}
CONTENTS = {
    "BOOL": "bool_contents", "INT8": "int_contents", "INT16": "int_contents", "INT32": "int_contents",
    "INT64": "int64_contents", "UINT8": "uint_contents", "UINT16": "uint_contents", "UINT32": "uint_contents",
    "UINT64": "uint64_contents", "FP32": "fp32_contents", "FP64": "fp64_contents", "BYTES": "bytes_contents",
}  # fmt: skip


def raw_of(values):
    if values.dtype != object:
        return values.tobytes()
    texts = [text.encode() for text in values.ravel()]
    return b"".join(len(text).to_bytes(4, "little") + text for text in texts)


def infer_request(model, raw=None, typed=None, **fields):
    """A request of (datatype, array) by name of the input."""
    request = ModelInferRequest(model_name=model, **fields)
    for name, (datatype, values) in (raw or {}).items():
        request.inputs.add(name=name, datatype=datatype, shape=values.shape)
        request.raw_input_contents.append(raw_of(values))
    for name, (datatype, values) in (typed or {}).items():
        tensor = request.inputs.add(name=name, datatype=datatype, shape=values.shape)
        flat = [value.encode() if datatype == "BYTES" else value for value in values.ravel().tolist()]
        getattr(tensor.contents, CONTENTS[datatype]).extend(flat)
    return request


def flights(*rows, **fields):
    distances = np.array([[distance] for distance, _ in rows], np.float32)
    carriers = np.array([[carrier] for _, carrier in rows], object)
    return infer_request(
        "flights", raw={"distance": ("FP32", distances), "carrier": ("BYTES", carriers)}, **fields
    )


def picking(*indices, **fields):
    return infer_request("picking", raw={"index": ("INT64", np.array([[each] for each in indices]))}, **fields)


def refused(call, request, **options):
    with pytest.raises(grpc.RpcError) as caught:
        call(request, timeout=20, **options)
    return caught.value


def test_raw_inputs_of_every_datatype_come_back_raw(stub):
    answer = stub.ModelInfer(infer_request("echo", raw=ECHO))
    assert [(each.name, each.datatype) for each in answer.outputs] == [
        (f"{name}_out", datatype) for name, (datatype, _) in ECHO.items()
    ]
    assert [list(each.shape) for each in answer.outputs] == [[2, 1]] * len(ECHO)
    assert list(answer.raw_output_contents) == [raw_of(values) for _, values in ECHO.values()]
    assert not any(each.HasField("contents") for each in answer.outputs)


def test_typed_inputs_come_back_typed(stub):
    question = infer_request("flights", typed={
        "distance": ("FP32", np.array([[500.0], [np.nan]], np.float32)),
        "carrier": ("BYTES", np.array([["AA"], ["UA"]], object)),
    })  # fmt: skip
    answer = stub.ModelInfer(question)
    late = [expected_probability(500, "AA"), expected_probability(np.nan, "UA")]
    assert list(answer.outputs[0].contents.int64_contents) == [1, 0]
    assert list(answer.outputs[1].contents.fp32_contents)[1::2] == pytest.approx(late)
    assert not answer.raw_output_contents


def test_typed_contents_of_every_datatype_that_has_a_field(serve, connect, bundles):
    # FP16 and BF16 travel raw only, and a request is either raw or typed: so one input at a time.
    from serving.grpc.infer.contents import FIELDS

    assert FIELDS == CONTENTS
    with serve("echo") as running:
        stub = connect(running)
        typed = {name: each for name, each in ECHO.items() if each[0] in CONTENTS}
        error = refused(stub.ModelInfer, infer_request("echo", typed=typed))
        assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
        assert "missing fp16, bf16" in error.details()


def test_requests_with_the_same_beginning_are_answered_by_their_own_values(stub):
    for _ in range(3):
        for index, value in enumerate([10.0, 20.0, 30.0]):
            answer = stub.ModelInfer(picking(index))
            assert np.frombuffer(answer.raw_output_contents[0], np.float32).tolist() == [value]
            assert list(answer.outputs[0].shape) == [1, 1]
    both = stub.ModelInfer(picking(2, 0))
    assert np.frombuffer(both.raw_output_contents[0], np.float32).tolist() == [30.0, 10.0]


def test_two_inputs_of_the_same_beginning(stub):
    for distance in (100.0, 900.0, 100.0):
        answer = stub.ModelInfer(flights((distance, "AA"), (distance, "UA")))
        late = np.frombuffer(answer.raw_output_contents[1], np.float32)[1::2]
        expected = [expected_probability(distance, "AA"), expected_probability(distance, "UA")]
        assert late == pytest.approx(expected)


def test_the_answer_names_request_model_version_and_digest(stub, running):
    answer, call = stub.ModelInfer.with_call(picking(0, id="mine"), metadata=[("x-request-id", "abc-1")])
    model = running.ask(lambda: running.repository.find("picking"))
    assert (answer.model_name, answer.model_version, answer.id) == ("picking", model.version, "mine")
    metadata = dict(call.initial_metadata())
    assert metadata["slipway-model-version"] == model.version
    assert metadata["slipway-bundle-digest"] == model.digest
    assert metadata["x-request-id"] == "abc-1"


def test_requested_outputs_come_in_the_order_asked(stub):
    question = flights((100.0, "AA"))
    question.outputs.add(name="probabilities")
    question.outputs.add(name="label")
    answer = stub.ModelInfer(question)
    assert [each.name for each in answer.outputs] == ["probabilities", "label"]
    assert len(answer.raw_output_contents[0]) == 8


def test_a_bad_row_fails_its_own_request_only(stub):
    calls = [stub.ModelInfer.future(picking(index), timeout=20) for index in (0, 7, 1, 2)]
    outcomes = [call.code() for call in calls]
    assert outcomes == [
        grpc.StatusCode.OK, grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.OK, grpc.StatusCode.OK
    ]  # fmt: skip
    assert np.frombuffer(calls[3].result().raw_output_contents[0], np.float32).tolist() == [30.0]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda r: setattr(r.inputs[0], "name", "indexes"), "unknown 'indexes'"),
        (lambda r: setattr(r.inputs[0], "datatype", "INT32"), "expected datatype INT64, got 'INT32'"),
        (lambda r: r.inputs[0].shape.append(1), "shape [1, 1, 1]"),
        (lambda r: r.inputs[0].shape.__setitem__(0, 2**62), "shape [4611686018427387904, 1]"),
        (lambda r: r.inputs[0].shape.__setitem__(0, 0), "at least one value"),
        (lambda r: r.inputs[0].shape.__setitem__(0, -1), "at least one value"),
        (lambda r: r.inputs[0].shape.__setitem__(0, 2), "16 bytes of INT64 for shape [2, 1], got 8 bytes"),
        (lambda r: r.raw_input_contents.append(b""), "one for each input, got 2"),
        (lambda r: r.inputs[0].contents.int64_contents.append(1), "raw_input_contents or contents, got both"),
        (lambda r: [r.inputs.append(r.inputs[0]), r.raw_input_contents.append(b"")], "'index' twice"),
        (lambda r: [r.ClearField("inputs"), r.ClearField("raw_input_contents")], "missing index"),
        (lambda r: r.outputs.add(name="other"), "got ['other']"),
        (lambda r: r.parameters["timeout"].CopyFrom(type(r.parameters["timeout"])(string_param="1")), "timeout"),
    ],
)  # fmt: skip
def test_rejects_a_request_that_does_not_fit_the_model(stub, change, says):
    question = picking(0)
    change(question)
    error = refused(stub.ModelInfer, question)
    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert says in error.details()


@pytest.mark.parametrize(
    ("field", "values", "says"),
    [
        ("int64_contents", [1, 2], "expected 1 values in int64_contents, as its shape says, got 2"),
        ("int64_contents", [], "expected 1 values in int64_contents, as its shape says, got 0"),
        ("fp32_contents", [1.0], "expected INT64 in int64_contents only, got fp32_contents"),
    ],
)
def test_rejects_typed_contents_that_do_not_fit(stub, field, values, says):
    question = picking(0)
    question.ClearField("raw_input_contents")
    getattr(question.inputs[0].contents, field).extend(values)
    error = refused(stub.ModelInfer, question)
    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert says in error.details()


def test_rejects_an_unknown_model_and_an_unknown_version(stub, running):
    assert refused(stub.ModelInfer, infer_request("nothing")).code() is grpc.StatusCode.NOT_FOUND
    error = refused(stub.ModelInfer, picking(0, model_version="other"))
    assert error.code() is grpc.StatusCode.NOT_FOUND
    assert running.ask(lambda: running.metrics.rejections[""]["unknown_model"]) >= 1


def test_errors_name_the_model_that_made_them(stub):
    error = refused(stub.ModelInfer, picking(9), metadata=[("x-request-id", "bad-1")])
    metadata = dict((*error.initial_metadata(), *error.trailing_metadata()))
    assert {"slipway-model-version", "slipway-bundle-digest"} <= metadata.keys()
    assert metadata["x-request-id"] == "bad-1"


def test_rejects_bytes_that_are_no_message(stub, running):
    call = stub.channel.unary_unary("/inference.GRPCInferenceService/ModelInfer")
    assert refused(call, b"\xff\xff\xff").code() is grpc.StatusCode.INVALID_ARGUMENT


def test_messages_survive_any_text(stub):
    error = refused(stub.ModelInfer, infer_request("ä%\n\x7f model"))
    assert "'ä%\\n\x7f model'" in error.details() or "ä%" in error.details()


def test_counts_what_it_answers(serve, connect):
    with serve("picking") as running:
        stub = connect(running)
        for _ in range(3):
            stub.ModelInfer(picking(0))
        refused(stub.ModelInfer, picking(9))
        metrics = running.ask(lambda: running.repository.find("picking").metrics)
        assert metrics.answers == {("grpc", "OK"): 3, ("grpc", "INVALID_ARGUMENT"): 1}
        assert metrics.bytes_in == 4 * (5 + picking(0).ByteSize())
        assert metrics.rejections["invalid"] == 1


@pytest.mark.parametrize("parameter", ["classification", "shared_memory_region"])
def test_an_output_is_refused_in_another_way_than_by_its_values(stub, parameter):
    question = picking(0)
    question.outputs.add(name="probability").parameters[parameter].int64_param = 1
    error = refused(stub.ModelInfer, question)
    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert parameter in error.details()
