"""A prefix of an S3 bucket as a shelf."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from slipway.errors import BackupError, UsageError
from slipway.storage import storage_errors
from slipway.tracking_server.settings import S3Access
from slipway.tracking_server.shelf import Stored

_CURE = "Does the store run, and may these credentials read and write there? Then run the command again."
_THERE_ALREADY = {"BucketAlreadyOwnedByYou", "BucketAlreadyExists"}


class BucketShelf:
    """Keys are objects' keys below the prefix; an object is put in one piece or in parts, and then appears."""

    def __init__(self, address: str, access: S3Access) -> None:
        import boto3
        from botocore.config import Config

        parts = urlsplit(address)
        if not parts.netloc:
            raise UsageError(f"'{address}' names no bucket", expected="s3://BUCKET/PREFIX")
        self._address = address
        self._bucket = parts.netloc
        self._prefix = f"{parts.path.strip('/')}/" if parts.path.strip("/") else ""
        self._client: Any = boto3.client(
            "s3",
            endpoint_url=access.endpoint or None,
            aws_access_key_id=access.access_key or None,
            aws_secret_access_key=access.secret_key.get_secret_value() or None,
            config=Config(connect_timeout=5, read_timeout=60, retries={"max_attempts": 4, "mode": "standard"}),
        )

    def make_bucket(self) -> None:
        """Make the bucket, unless it is there."""
        from botocore.exceptions import ClientError

        with self._errors("make the bucket"):
            try:
                self._client.create_bucket(Bucket=self._bucket)
            except ClientError as error:
                if error.response["Error"]["Code"] not in _THERE_ALREADY:
                    raise

    def list(self, prefix: str = "") -> Iterator[Stored]:
        """Every object whose key starts with `prefix`."""
        with self._errors("list the objects"):
            pages = self._client.get_paginator("list_objects_v2")
            for page in pages.paginate(Bucket=self._bucket, Prefix=self._prefix + prefix):
                for item in page.get("Contents", []):
                    if not item["Key"].endswith("/"):
                        key = item["Key"].removeprefix(self._prefix)
                        yield Stored(key, item["Size"], item["ETag"].strip('"'))

    def fetch(self, key: str, target: Path, mark: str = "") -> None:
        """Copy an object to `target`; with a mark, only if its ETag is still this."""
        condition = {"IfMatch": f'"{mark}"'} if mark else {}
        with self._errors(f"read '{key}'"), storage_errors(target):
            answer = self._client.get_object(Bucket=self._bucket, Key=self._prefix + key, **condition)
            with target.open("wb") as file:
                for piece in answer["Body"].iter_chunks(1 << 20):
                    file.write(piece)

    def put(self, key: str, source: Path) -> None:
        """Store an object."""
        self._tried(
            f"write '{key}'", lambda: self._client.upload_file(str(source), self._bucket, self._prefix + key)
        )

    def delete(self, key: str) -> None:
        """Remove an object, if it is there."""
        self._tried(
            f"delete '{key}'", lambda: self._client.delete_object(Bucket=self._bucket, Key=self._prefix + key)
        )

    def _tried(self, doing: str, request: Callable[[], object]) -> None:
        with self._errors(doing):
            request()

    @contextmanager
    def _errors(self, doing: str) -> Iterator[None]:
        from boto3.exceptions import Boto3Error
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            yield
        except (Boto3Error, BotoCoreError, ClientError) as error:
            raise BackupError(f"Cannot {doing} at '{self._address}': {error}", cure=_CURE) from error
