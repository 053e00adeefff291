"""NVIDIA's gRPC client against a server: `python triton_grpc.py HOST:PORT`."""

import queue
import sys

import ml_dtypes
import numpy as np
import tritonclient.grpc as triton
from echoed import NUMPY, VALUES, shown
from telling import tell
from tritonclient.utils import InferenceServerException

client = triton.InferenceServerClient(sys.argv[1])


def inputs():
    made = []
    for datatype, values in VALUES.items():
        dtype = ml_dtypes.bfloat16 if datatype == "BF16" else NUMPY[datatype]
        one = triton.InferInput(datatype.lower(), [2, 1], datatype)
        one.set_data_from_numpy(np.array(values, dtype).reshape(2, 1))
        made.append(one)
    return made


def answer(result):
    return {
        output.name: shown(output.datatype, result.as_numpy(output.name))
        for output in result.get_response().outputs
    }


def health():
    return [client.is_server_live(), client.is_server_ready(), client.is_model_ready("echo")]


def server_metadata():
    return client.get_server_metadata(as_json=True)


def model_metadata():
    return client.get_model_metadata("flights", as_json=True)


def raw_both_ways():
    return answer(client.infer("echo", inputs()))


def requested_outputs():
    wanted = [triton.InferRequestedOutput(name) for name in ("bytes_out", "uint64_out")]
    return answer(client.infer("echo", inputs(), outputs=wanted))


def id_and_version():
    response = client.infer("echo", inputs(), request_id="a id/1", model_version="7").get_response()
    return {name: getattr(response, name) for name in ("id", "model_name", "model_version")}


def gzip_request():
    return answer(client.infer("echo", inputs(), compression_algorithm="gzip"))


def deflate_request():
    return answer(client.infer("echo", inputs(), compression_algorithm="deflate"))


def asynchronously():
    done = queue.Queue()
    for number in range(8):
        client.async_infer(
            "echo", inputs(), callback=lambda result, error: done.put((result, error)), request_id=str(number)
        )
    results = [done.get(timeout=60) for _ in range(8)]
    return sorted([result.get_response().id, answer(result)["int64_out"][2]] for result, _ in results)


def timeouts():
    result = client.infer("echo", inputs(), timeout=60_000_000, client_timeout=60)
    return answer(result)["fp32_out"]


def time_that_is_over():
    try:  # the shortest wait that gRPC knows is a millisecond, in which the server may well answer
        client.infer("echo", inputs(), client_timeout=-1)
    except InferenceServerException as error:
        return error.status()


def wrong_shape():
    one = triton.InferInput("index", [2, 2], "INT64")
    one.set_data_from_numpy(np.zeros((2, 2), np.int64))
    try:
        client.infer("picking", [one])
    except InferenceServerException as error:
        return [error.status(), error.message()]


def model_that_is_not_there():
    try:
        client.get_model_metadata("absent")
    except InferenceServerException as error:
        return error.status()


def repository():
    states = []
    for change in (client.unload_model, client.load_model):
        change("picking")
        index = {entry.name: entry.state for entry in client.get_model_repository_index().models}
        states.append([index["picking"], client.is_model_ready("picking")])
    return states


tell(
    health, server_metadata, model_metadata, raw_both_ways, requested_outputs, id_and_version, gzip_request,
    deflate_request, asynchronously, timeouts, time_that_is_over, wrong_shape, model_that_is_not_there,
    repository,
)  # fmt: skip
