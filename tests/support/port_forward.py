"""A Service of the cluster on a loopback port, also after the pod behind it was killed."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from tests.support.cluster import wait_until
from tests.support.helm import kubectl_path
from tests.support.processes import accepts, free_ports


@contextmanager
def port_forward(service: str, port: int, namespace: str) -> Iterator[str]:
    """Forward a port for as long as the context lasts; yields the URL.

    kubectl stays with one pod and ends with it, so it is started again and again.
    """
    (local,) = free_ports(1)
    ended = threading.Event()
    command = [kubectl_path(), "port-forward", "--namespace", namespace, f"service/{service}", f"{local}:{port}"]
    running: list[subprocess.Popen[bytes]] = []

    def keep() -> None:
        while not ended.is_set():
            running[:] = [subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)]
            if ended.is_set():
                running[0].kill()
            running[0].wait()
            ended.wait(0.5)

    keeper = threading.Thread(target=keep, daemon=True)
    keeper.start()
    try:
        wait_until(lambda: accepts(local), 60)
        yield f"http://127.0.0.1:{local}"
    finally:
        ended.set()
        for process in running:
            process.kill()
        keeper.join()
