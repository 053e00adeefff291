"""What one backup holds: the database's dump and every artifact, by their SHA-256."""

from __future__ import annotations

import hashlib
import json
import re
from typing import Literal

from pydantic import Field, ValidationError

from slipway.errors import BackupError
from slipway.frozen import Frozen

NAME = re.compile(r"\d{8}-\d{6}")
_CURE = "Restore another backup; this one was damaged where it is kept."


class StoredFile(Frozen):
    """One file's content; `mark` is what the artifact store said of it, to tell whether it has changed since."""

    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    size_bytes: int = Field(ge=0)
    mark: str = ""


class BackupManifest(Frozen):
    """One backup; `name` is the time it was begun, in UTC: 20261125-221500."""

    format: Literal["slipway-backup/1"] = "slipway-backup/1"
    name: str = Field(pattern=rf"^{NAME.pattern}$")
    mlflow_version: str
    database: StoredFile
    artifacts: dict[str, StoredFile]

    @property
    def size_bytes(self) -> int:
        """Sum of all files."""
        return self.database.size_bytes + sum(file.size_bytes for file in self.artifacts.values())

    def sealed(self) -> str:
        """JSON of the content with its own SHA-256."""
        content = self.model_dump(mode="json")
        return json.dumps({"sha256": _digest(content), "content": content}, sort_keys=True)

    @classmethod
    def unsealed(cls, name: str, text: str) -> BackupManifest:
        """Read what `sealed` wrote.

        Raises:
            BackupError: a byte of it has changed.
        """
        try:
            document = json.loads(text)
            content, seal = document["content"], document["sha256"]
            if _digest(content) != seal or content["name"] != name:
                raise BackupError(f"The manifest of backup {name} has changed since it was written", cure=_CURE)
            return cls.model_validate(content)
        except (ValueError, KeyError, TypeError, ValidationError) as error:
            raise BackupError(f"The manifest of backup {name} cannot be read: {error}", cure=_CURE) from error


def _digest(content: object) -> str:
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()
