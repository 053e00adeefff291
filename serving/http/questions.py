"""From an exchange to the question it holds, in each form that a body may have."""

from __future__ import annotations

from serving.http.deadline import deadline_of
from serving.http.exchange import Exchange
from serving.http.face import ModelFace
from serving.http.reply import HttpReply
from serving.inference.request import InferRequest, Writer
from serving.tensors.content import decoded
from serving.tensors.csv_request import read_csv_request
from serving.tensors.question import Question
from serving.tensors.v1_request import read_v1_request

_CODING = b"content-encoding"
_HEADER_LENGTH = b"inference-header-content-length"


def ask(face: ModelFace, exchange: Exchange, question: Question, writer: Writer) -> None:
    """Have the model answer, once its turn comes, in the writer's form.

    Raises:
        InferenceError: the question does not fit the model, or finds the queue full.
    """
    reply = HttpReply(exchange, face, question, writer)
    form, values, arrived = question.form, question.values, exchange.arrived
    deadline = deadline_of(exchange, form.timeout_seconds)
    packing = form.packing
    if packing is None:
        request = face.plan.request(question.inputs, form.outputs, reply, arrived, deadline)
    else:  # requests like this one were found to fit
        outputs, rows, group = packing.outputs, packing.rows, packing.group
        request = InferRequest(values, outputs, rows, group, reply, arrived, deadline, packing)
    face.submit(request)


def ask_open_inference(face: ModelFace, exchange: Exchange, header_length: bytes | None = None) -> None:
    """Ask what a body of the Open Inference Protocol says, JSON or with raw tensors after it.

    `header_length` says where its JSON ends, if not the header of the binary tensor extension does.

    Raises:
        InferenceError: it cannot be read, does not fit the model, or finds the queue full.
    """
    header_length = header_length or exchange.headers.get(_HEADER_LENGTH)
    body = body_of(face, exchange)
    if header_length is None:
        question = face.json_reader.read(body)
    else:
        question = face.binary_reader.read(body, header_length)
    ask(face, exchange, question, face.binary_writer if question.form.binary_outputs else face.json_writer)


def v1_question(face: ModelFace, exchange: Exchange) -> Question:
    """Read a body of KServe's V1 protocol, or of Vertex AI."""
    return read_v1_request(body_of(face, exchange), face.plan)


def csv_question(face: ModelFace, exchange: Exchange) -> Question:
    """Read a body of comma-separated values."""
    return read_csv_request(body_of(face, exchange), face.plan)


def body_of(face: ModelFace, exchange: Exchange) -> bytes | bytearray:
    """Return the body as it was before it was compressed, if it was.

    Raises:
        InferenceError: it is compressed in another way than gzip or deflate, or broken.
        RequestTooLargeError: it is too long once inflated.
    """
    coding = exchange.headers.get(_CODING)
    return exchange.body if coding is None else decoded(exchange.body, coding, face.most_body_bytes)
