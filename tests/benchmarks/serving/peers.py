"""The servers to compare with, each in an environment of its own from pinned requirements."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.serving.models import BenchmarkModel
from tests.benchmarks.serving.servers import Launch
from tests.support.environments import environment
from tests.support.processes import free_ports

_FOLDER = Path(__file__).with_name("peers")


@dataclass(frozen=True)
class Peer:
    """A server to compare with, and how it was set up."""

    name: str
    about: str
    protocols: tuple[str, ...]
    launch: Callable[[Path, BenchmarkModel, Path], Launch]

    @property
    def version(self) -> str:
        """The version that its requirements pin."""
        pins = (_FOLDER / f"{self.name}.txt").read_text(encoding="utf-8").splitlines()
        return next(pin.partition("==")[2] for pin in pins if pin.startswith(f"{self.name}=="))

    def install(self, work: Path) -> Path:
        """Return the folder of its environment, made at most once for each state of its requirements.

        Raises:
            PackagesError: the installation failed; has the installer's last lines.
        """
        return environment(_FOLDER / f"{self.name}.txt", work / "peers").parents[1]


def _kserve(environment: Path, model: BenchmarkModel, onnx: Path) -> Launch:
    http_port, grpc_port = free_ports(2)
    command = [
        *(str(environment / "bin/python"), str(_FOLDER / "kserve_server.py")),
        *(model.name, str(onnx)),
        *("--http_port", str(http_port), "--grpc_port", str(grpc_port)),
    ]
    return Launch(command, environment, {}, http_port, grpc_port)


def _mlserver(environment: Path, model: BenchmarkModel, onnx: Path) -> Launch:
    http_port, grpc_port, metrics_port = free_ports(3)
    folder = environment / "settings" / model.name
    folder.mkdir(parents=True, exist_ok=True)
    settings = {
        "debug": False,
        "parallel_workers": 0,
        "host": "127.0.0.1",
        "http_port": http_port,
        "grpc_port": grpc_port,
        "metrics_port": metrics_port,
        "metrics_endpoint": None,
        "gzip_enabled": False,
    }
    parameters = {"uri": str(onnx), "extra": {"threads": model.threads}}
    wanted = {"name": model.name, "implementation": "mlserver_runtime.OnnxRuntime", "parameters": parameters}
    (folder / "settings.json").write_text(json.dumps(settings), encoding="utf-8")
    (folder / "model-settings.json").write_text(json.dumps(wanted), encoding="utf-8")
    command = [str(environment / "bin/mlserver"), "start", str(folder)]
    return Launch(command, folder, {"PYTHONPATH": str(_FOLDER)}, http_port, grpc_port)


PEERS = {
    peer.name: peer
    for peer in (
        Peer(
            "kserve",
            "stock: ModelServer and ONNX Runtime with their defaults, one custom Model over one session",
            ("json", "binary", "grpc"),
            _kserve,
        ),
        Peer(
            "mlserver",
            "tuned: custom runtime on the event loop (no parallel workers), uvloop, no access log, no metrics, "
            "no gzip, ONNX Runtime without spinning and with the threads of the table; it has no binary tensors "
            "over REST",
            ("json", "grpc"),
            _mlserver,
        ),
    )
}
