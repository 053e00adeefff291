"""A model under a prefix of an S3 bucket, outside any registry."""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from slipway.errors import RegistryError, TrackingUnreachableError, UsageError
from slipway.registry.lock import exclusive
from slipway.storage import whole_folder

if TYPE_CHECKING:
    from collections.abc import Iterator

_CHUNK_BYTES = 1 << 20
_KEPT_REVISIONS = 2  # what serves, and what comes next
_CURE = "Check the address, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_ENDPOINT_URL."


@dataclass(frozen=True)
class StoredObject:
    """One object: its path below the prefix, and what the store says of its content."""

    key: str
    path: str
    size_bytes: int
    etag: str


@dataclass(frozen=True)
class DownloadedPrefix:
    """A folder with all objects of a prefix; another `revision` is other content."""

    path: Path
    revision: str


def download_prefix(address: str, cache: Path) -> DownloadedPrefix:
    """Download all objects under `s3://bucket/prefix`, whole or not at all, unless the cache has them.

    Credentials and the endpoint come from the environment: AWS_ACCESS_KEY_ID,
    AWS_SECRET_ACCESS_KEY, AWS_ENDPOINT_URL and the others that boto3 reads.

    Raises:
        UsageError: the address names no bucket.
        RegistryError: nothing is there, the store refuses, or an object changed meanwhile.
        TrackingUnreachableError: the store does not answer.
        StorageError: the disk is full.
    """
    bucket, prefix = _parts(address)
    store = _Store(bucket, address)
    objects = store.objects(prefix)
    revision = _revision(objects)
    home = cache / hashlib.sha256(address.encode()).hexdigest()[:16]
    target = home / revision
    with exclusive(home / "lock"):
        if not target.is_dir():
            with whole_folder(target) as scratch:
                for entry in objects:
                    store.download(entry, scratch)
            _forget_older(home, target)
    return DownloadedPrefix(target, revision)


class _Store:
    def __init__(self, bucket: str, address: str) -> None:
        import boto3
        from botocore.config import Config
        from botocore.exceptions import BotoCoreError, ClientError

        self._bucket = bucket
        self._address = address
        self._failures = (BotoCoreError, ClientError)
        config = Config(connect_timeout=5, read_timeout=60, retries={"max_attempts": 3, "mode": "standard"})
        try:
            self._client: Any = boto3.client("s3", config=config)
        except (*self._failures, ValueError) as error:
            raise self._error(error) from error

    def objects(self, prefix: str) -> list[StoredObject]:
        """List what is below the prefix, or the one object of exactly that key."""
        folder = f"{prefix}/" if prefix else ""
        found = list(self._list(folder, folder)) or [
            entry for entry in self._list(prefix, prefix.rpartition("/")[0]) if entry.key == prefix
        ]
        if not found:
            raise RegistryError(f"There is nothing at '{self._address}'", cure="Correct the bucket or the prefix.")
        return sorted(found, key=lambda entry: entry.path)

    def download(self, entry: StoredObject, folder: Path) -> None:
        """Write one object below `folder`; refuse it if it is not the one that was listed."""
        file = folder / entry.path
        file.parent.mkdir(parents=True, exist_ok=True)
        try:
            answer = self._client.get_object(Bucket=self._bucket, Key=entry.key, IfMatch=entry.etag)
            with file.open("wb") as target:
                for piece in answer["Body"].iter_chunks(_CHUNK_BYTES):
                    target.write(piece)
        except self._failures as error:
            raise self._error(error) from error
        if file.stat().st_size != entry.size_bytes:
            raise self._error(f"'{entry.path}' broke off at {file.stat().st_size} of {entry.size_bytes} bytes")

    def _list(self, prefix: str, base: str) -> Iterator[StoredObject]:
        try:
            for page in self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=prefix):
                for item in page.get("Contents", []):
                    if not item["Key"].endswith("/"):
                        path = _inside(item["Key"].removeprefix(base).lstrip("/"), self._address)
                        yield StoredObject(item["Key"], path, item["Size"], item["ETag"])
        except self._failures as error:
            raise self._error(error) from error

    def _error(self, error: Exception | str) -> RegistryError:
        silent = type(error).__name__ in {"EndpointConnectionError", "ConnectTimeoutError", "ReadTimeoutError"}
        kind = TrackingUnreachableError if silent else RegistryError
        return kind(f"Cannot fetch '{self._address}': {error}", cure=_CURE)


def _parts(address: str) -> tuple[str, str]:
    parts = urlsplit(address)
    if parts.scheme != "s3" or not parts.netloc:
        raise UsageError(
            f"'{address}' names no bucket", expected="s3://BUCKET/PREFIX", cure="Correct the address."
        )
    return parts.netloc, address.partition(f"://{parts.netloc}")[2].strip("/")


def _inside(path: str, address: str) -> str:
    if ".." in PurePosixPath(path).parts or "\\" in path:
        raise RegistryError(
            f"'{address}' holds an object whose name leads out of its folder",
            expected="names without '..'",
            got=path,
            cure="Do not serve it: ask who wrote it.",
        )
    return path


def _revision(objects: list[StoredObject]) -> str:
    listing = "\n".join(f"{entry.path} {entry.size_bytes} {entry.etag}" for entry in objects)
    return hashlib.sha256(listing.encode()).hexdigest()[:32]


def _forget_older(home: Path, newest: Path) -> None:
    others = [folder for folder in home.iterdir() if folder.is_dir() and folder != newest]
    others.sort(key=lambda folder: folder.stat().st_mtime)
    for folder in others[: -(_KEPT_REVISIONS - 1)]:
        shutil.rmtree(folder, ignore_errors=True)
