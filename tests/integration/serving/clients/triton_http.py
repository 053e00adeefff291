"""NVIDIA's HTTP client against a server: `python triton_http.py HOST:PORT`."""

import sys

import ml_dtypes
import numpy as np
import tritonclient.http as triton
from echoed import NUMPY, VALUES, shown
from telling import tell
from tritonclient.utils import InferenceServerException

client = triton.InferenceServerClient(sys.argv[1], concurrency=4)


def inputs(*, binary):
    made = []
    for datatype, values in VALUES.items():
        dtype = ml_dtypes.bfloat16 if datatype == "BF16" else NUMPY[datatype]
        one = triton.InferInput(datatype.lower(), [2, 1], datatype)
        # The client itself sends BF16 in no other way than binary.
        one.set_data_from_numpy(np.array(values, dtype).reshape(2, 1), binary_data=binary or datatype == "BF16")
        made.append(one)
    return made


def outputs(*, binary):
    return [triton.InferRequestedOutput(f"{each.lower()}_out", binary_data=binary) for each in VALUES]


def answer(result):
    return {
        output["name"]: shown(output["datatype"], result.as_numpy(output["name"]))
        for output in result.get_response()["outputs"]
    }


def health():
    return [client.is_server_live(), client.is_server_ready(), client.is_model_ready("echo")]


def model_that_is_not_there():
    return client.is_model_ready("absent")


def server_metadata():
    return client.get_server_metadata()


def model_metadata():
    return client.get_model_metadata("flights")


def binary_both_ways():
    return answer(client.infer("echo", inputs(binary=True), outputs=outputs(binary=True)))


def binary_unless_asked():
    return answer(client.infer("echo", inputs(binary=True)))


def json_both_ways():
    # BF16 comes back binary: the client reads no BF16 from JSON.
    wanted = [each for each in outputs(binary=False) if each.name() != "bf16_out"]
    return answer(client.infer("echo", inputs(binary=False), outputs=wanted))


def mixed():
    wanted = [
        triton.InferRequestedOutput("int64_out", binary_data=False),
        triton.InferRequestedOutput("bytes_out", binary_data=True),
    ]
    return answer(client.infer("echo", inputs(binary=True), outputs=wanted))


def id_and_version():
    result = client.infer("echo", inputs(binary=True), request_id="a id/1", model_version="7")
    return {name: result.get_response()[name] for name in ("id", "model_name", "model_version")}


def gzip_request():
    return answer(client.infer("echo", inputs(binary=True), request_compression_algorithm="gzip"))


def deflate_request():
    return answer(client.infer("echo", inputs(binary=False), request_compression_algorithm="deflate"))


def compressed_answer():
    return answer(client.infer("echo", inputs(binary=True), response_compression_algorithm="gzip"))


def asynchronously():
    begun = [client.async_infer("echo", inputs(binary=True), request_id=str(number)) for number in range(8)]
    results = [each.get_result() for each in begun]
    return [[result.get_response()["id"], answer(result)["int64_out"][2]] for result in results]


def timeout_parameter():
    return answer(client.infer("echo", inputs(binary=True), timeout=60_000_000))["fp32_out"]


def parameters():
    return answer(client.infer("echo", inputs(binary=True), parameters={"tenant": "a", "trace": 1}))["fp32_out"]


def wrong_shape():
    one = triton.InferInput("index", [2, 2], "INT64")
    one.set_data_from_numpy(np.zeros((2, 2), np.int64))
    try:
        client.infer("picking", [one])
    except InferenceServerException as error:
        return [error.status(), error.message()]


def repository():
    states = []
    for change in (client.unload_model, client.load_model):
        change("picking")
        index = {entry["name"]: entry["state"] for entry in client.get_model_repository_index()}
        states.append([index["picking"], client.is_model_ready("picking")])
    return states


tell(
    health, model_that_is_not_there, server_metadata, model_metadata, binary_both_ways, binary_unless_asked,
    json_both_ways, mixed, id_and_version, gzip_request, deflate_request, compressed_answer, asynchronously,
    timeout_parameter, parameters, wrong_shape, repository,
)  # fmt: skip
