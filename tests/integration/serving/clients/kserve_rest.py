"""KServe's REST client against a server: `python kserve_rest.py URL`."""

import sys

import httpx
import numpy as np
from echoed import HALVES, NUMPY, VALUES, shown
from kserve import InferenceRESTClient, InferInput, InferRequest, RESTConfig
from kserve.protocol.infer_type import RequestedOutput
from telling import tell

url = sys.argv[1]


def client(protocol):
    return InferenceRESTClient(RESTConfig(protocol=protocol))


def request(model, *datatypes, binary, **more):
    inputs = []
    for datatype in datatypes:
        if datatype == "BF16":  # NumPy has no such type: as JSON
            inputs.append(InferInput(datatype.lower(), [2, 1], datatype, data=VALUES[datatype]))
            continue
        one = InferInput(datatype.lower(), [2, 1], datatype)
        one.set_data_from_numpy(np.array(VALUES[datatype], NUMPY[datatype]).reshape(2, 1), binary_data=binary)
        inputs.append(one)
    return InferRequest(model_name=model, infer_inputs=inputs, **more)


def answer(response):
    return {output.name: shown(output.datatype, _array(output)) for output in response.outputs}


def _array(output):
    return np.array(output.data).reshape(output.shape) if output.datatype == "BF16" else output.as_numpy()


async def infer(infer_request, **more):
    async with client("v2") as v2:
        return await v2.infer(url, infer_request, model_name=infer_request.model_name, **more)


async def health():
    async with client("v2") as v2:
        ready = [await v2.is_model_ready(url, name) for name in ("echo", "absent")]
        return [await v2.is_server_live(url), await v2.is_server_ready(url), *ready]


async def v1_health():
    async with client("v1") as v1:
        return [await v1.is_server_live(url), await v1.is_model_ready(url, "flights")]


async def json_both_ways():
    whole = [datatype for datatype in VALUES if datatype not in HALVES]  # it sends no FP16 as JSON
    return answer(await infer(request("typed", *whole, binary=False)))


async def binary_both_ways():
    wanted = [RequestedOutput(f"{each.lower()}_out", {"binary_data": each != "BF16"}) for each in VALUES]
    return answer(await infer(request("echo", *VALUES, binary=True, request_outputs=wanted)))


async def binary_by_one_parameter():
    whole = [datatype for datatype in VALUES if datatype not in HALVES]
    asked = request("typed", *whole, binary=True, parameters={"binary_data_output": True})
    return answer(await infer(asked))


async def id_and_headers():
    headers = {}
    got = await infer(request("echo", *VALUES, binary=True, request_id="7f"), response_headers=headers)
    names = ("slipway-model-version", "slipway-bundle-digest", "content-type")
    return [got.id, got.model_name, *(headers[name] for name in names)]


async def v1_predict():
    async with client("v1") as v1:
        rows = [{"distance": 100.0, "carrier": "AA"}, {"distance": 2000.0, "carrier": "UA"}]
        return await v1.infer(url, {"instances": rows}, model_name="flights")


async def what_the_server_refuses():
    async with client("v2") as v2:
        try:
            await v2.infer(url, {"inputs": []}, model_name="echo")
        except httpx.HTTPStatusError as error:
            return [error.response.status_code, str(error)]


tell(
    health, v1_health, json_both_ways, binary_both_ways, binary_by_one_parameter, id_and_headers, v1_predict,
    what_the_server_refuses,
)  # fmt: skip
