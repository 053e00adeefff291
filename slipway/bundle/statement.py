"""What a signature of a model is over: the SHA-256 of every file, as an in-toto statement.

Sources: OpenSSF Model Signing, predicate `https://model_signing/signature/v1.0`; in-toto
Attestation Framework v1, "Statement"; DSSE v1, "PAE definition".
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from slipway.bundle.manifest import MANIFEST_FILE, Manifest
from slipway.errors import SignatureError
from slipway.storage import sha256_file

SIGNATURE_NAME = "model.sig"
PAYLOAD_TYPE = "application/vnd.in-toto+json"

_STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
_PREDICATE_TYPE = "https://model_signing/signature/v1.0"
_METHOD = {"method": "files", "hash_type": "sha256"}

Digests = Mapping[str, str]  # hex SHA-256 by a file's path inside the folder


def file_digests(folder: Path, manifest: Manifest | None = None) -> Digests:
    """Fingerprint what a signature covers: all files but the signature; `manifest` has most of them already.

    Raises:
        BundleError: the folder holds a link.
    """
    known = manifest or Manifest.of_folder(folder, leave_out=frozenset({SIGNATURE_NAME}))
    digests = {name: entry.sha256 for name, entry in known.files.items()}
    if (folder / MANIFEST_FILE).is_file():
        digests[MANIFEST_FILE] = sha256_file(folder / MANIFEST_FILE)
    return digests


def statement(name: str, digests: Digests) -> bytes:
    """Write the statement that these are the files of the model called `name`."""
    ordered = sorted(digests, key=PurePosixPath)
    content = {
        "_type": _STATEMENT_TYPE,
        "subject": [{"name": name, "digest": {"sha256": _root([digests[each] for each in ordered])}}],
        "predicateType": _PREDICATE_TYPE,
        "predicate": {
            "serialization": {**_METHOD, "allow_symlinks": False, "ignore_paths": [SIGNATURE_NAME]},
            "resources": [{"name": each, "algorithm": "sha256", "digest": digests[each]} for each in ordered],
        },
    }
    return json.dumps(content, indent=2).encode()


def stated_digests(payload: bytes) -> Digests:
    """Read the files that a statement lists.

    Raises:
        SignatureError: it is another kind of statement, or contradicts itself.
    """
    try:
        return _stated(json.loads(payload))
    except (AttributeError, KeyError, IndexError, TypeError, ValueError, RecursionError) as error:
        raise SignatureError(
            f"The statement that was signed cannot be read: {error!r}",
            expected=f"a statement of {_PREDICATE_TYPE}",
            cure="Sign the model again.",
        ) from error


def pae(payload: bytes) -> bytes:
    """Return the bytes that are signed for a payload (DSSE v1, "PAE definition")."""
    return b"DSSEv1 %d %s %d %s" % (len(PAYLOAD_TYPE), PAYLOAD_TYPE.encode(), len(payload), payload)


def _stated(content: dict[str, Any]) -> Digests:
    kind = (content["_type"], content["predicateType"])
    method = {key: content["predicate"]["serialization"][key] for key in _METHOD}
    resources = content["predicate"]["resources"]
    if kind != (_STATEMENT_TYPE, _PREDICATE_TYPE) or method != _METHOD:
        raise ValueError(f"{kind}, {method}")
    digests = {str(each["name"]): str(each["digest"]) for each in resources if each["algorithm"] == "sha256"}
    if len(digests) != len(resources) or content["subject"][0]["digest"]["sha256"] != _root(
        list(digests.values())
    ):
        raise ValueError("its digests contradict each other")
    return digests


def _root(digests: list[str]) -> str:
    return hashlib.sha256(b"".join(map(bytes.fromhex, digests))).hexdigest()
