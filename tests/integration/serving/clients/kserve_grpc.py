"""KServe's gRPC client against a server: `python kserve_grpc.py HOST:PORT`."""

import logging
import sys

import grpc
import numpy as np
from echoed import HALVES, NUMPY, VALUES, shown
from kserve import InferenceGRPCClient, InferInput, InferRequest
from telling import tell

logging.disable()  # it logs what a test asks for
address = sys.argv[1]


def request(model_name, *, raw, **more):
    inputs = []
    for datatype, values in VALUES.items():
        if datatype in HALVES:
            continue
        one = InferInput(datatype.lower(), [2, 1], datatype)
        one.set_data_from_numpy(np.array(values, NUMPY[datatype]).reshape(2, 1), binary_data=raw)
        inputs.append(one)
    return InferRequest(model_name=model_name, infer_inputs=inputs, **more)


async def infer(infer_request, **more):
    async with InferenceGRPCClient(address) as client:
        return await client.infer(infer_request, **more)


def answer(response):
    return {output.name: shown(output.datatype, output.as_numpy()) for output in response.outputs}


async def health():
    async with InferenceGRPCClient(address) as client:
        return [
            await client.is_server_live(),
            await client.is_server_ready(),
            await client.is_model_ready("typed"),
        ]


async def typed_both_ways():
    return answer(await infer(request("typed", raw=False)))


async def raw_both_ways():
    return answer(await infer(request("typed", raw=True)))


async def id_and_version():
    got = await infer(request("typed", raw=True, request_id="7f", model_version="8"))
    return [got.id, got.model_name, got.model_version]


async def model_that_is_not_there():
    try:
        await infer(request("absent", raw=True))
    except grpc.RpcError as error:
        return [error.code().name, error.details()]


async def compressed():
    gzip = [("grpc.default_compression_algorithm", grpc.Compression.Gzip)]
    async with InferenceGRPCClient(address, channel_args=gzip) as client:
        return answer(await client.infer(request("typed", raw=False)))


tell(health, typed_both_ways, raw_both_ways, id_and_version, model_that_is_not_there, compressed)
