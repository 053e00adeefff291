#!/usr/bin/env python
"""ML Metadata's gRPC server with the flags of its C++ program, over the store of the `ml-metadata` wheel."""

import argparse
import threading
from concurrent import futures

import grpc
from ml_metadata.metadata_store.pywrap.metadata_store_extension import metadata_store as store
from ml_metadata.proto import metadata_store_pb2

PREFIX = "/ml_metadata.MetadataStoreService/"


class Service(grpc.GenericRpcHandler):
    """Passes each RPC to the store's method of the same name, as bytes."""

    def __init__(self, config):
        options = metadata_store_pb2.MigrationOptions(enable_upgrade_migration=True)
        self._store = store.CreateMetadataStore(config.SerializeToString(), options.SerializeToString())
        self._lock = threading.Lock()

    def service(self, details):
        method = getattr(store, details.method.removeprefix(PREFIX), None)
        return method and grpc.unary_unary_rpc_method_handler(
            lambda request, context: self._call(method, request, context)
        )

    def _call(self, method, request, context):
        with self._lock:
            response, message, code = method(self._store, request)
        if code:
            status = next(one for one in grpc.StatusCode if one.value[0] == code)
            context.abort(status, message.decode("utf-8", "replace"))
        return response


def main():
    parser = argparse.ArgumentParser()
    for name in ("host", "database", "user", "password"):
        parser.add_argument(f"--mysql_config_{name}", required=True)
    parser.add_argument("--mysql_config_port", type=int, required=True)
    parser.add_argument("--grpc_port", type=int, required=True)
    parser.add_argument("--enable_database_upgrade", required=True)
    parser.add_argument("--grpc_channel_arguments", required=True)
    chosen = parser.parse_args()
    config = metadata_store_pb2.ConnectionConfig()
    for name in ("host", "database", "user", "password", "port"):
        setattr(config.mysql, name, getattr(chosen, f"mysql_config_{name}"))
    server = grpc.server(futures.ThreadPoolExecutor(8))
    server.add_generic_rpc_handlers([Service(config)])
    server.add_insecure_port(f"0.0.0.0:{chosen.grpc_port}")
    server.start()
    print(f"serving on {chosen.grpc_port}", flush=True)
    server.wait_for_termination()


if __name__ == "__main__":
    main()
