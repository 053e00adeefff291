"""Whether a model's files are the ones that somebody trusted has signed."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from slipway.bundle.statement import PAYLOAD_TYPE, SIGNATURE_NAME, Digests, pae, stated_digests
from slipway.errors import SignatureError

_DISTRUST = "Do not serve it: ask who changed it, or have it signed again."


def require_signature(folder: Path, digests: Digests, public_keys: Sequence[Path]) -> None:
    """Check that one of the keys signed exactly these files; `digests` are as measured on disk.

    Raises:
        SignatureError: there is no signature, none by these keys, or the files are others.
        UsageError: a key cannot be read.
    """
    payload, signatures = _envelope(folder)
    if not any(_is_signed_by(key, payload, signatures) for key in public_keys):
        raise SignatureError(
            f"The signature of '{folder}' is not by a trusted key",
            expected=", ".join(str(key) for key in public_keys),
            got=f"{len(signatures)} signature(s) that none of them made",
            cure=_DISTRUST,
        )
    stated = stated_digests(payload)
    if faults := _differences(stated, digests):
        raise SignatureError(f"'{folder}' is not what was signed: {'; '.join(faults)}", cure=_DISTRUST)


def _envelope(folder: Path) -> tuple[bytes, list[bytes]]:
    file = folder / SIGNATURE_NAME
    if not file.is_file():
        raise SignatureError(
            f"'{folder}' is not signed",
            expected=f"a signature in {SIGNATURE_NAME}",
            got="no such file",
            cure="Sign it with 'slipway bundle sign', or serve it without asking for a signature.",
        )
    try:
        return _opened(json.loads(file.read_bytes())["dsseEnvelope"])
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise SignatureError(
            f"The signature of '{folder}' cannot be read: {error!r}",
            expected="a Sigstore bundle with a DSSE envelope",
            cure=_DISTRUST,
        ) from error


def _opened(envelope: dict[str, Any]) -> tuple[bytes, list[bytes]]:
    if envelope["payloadType"] != PAYLOAD_TYPE:
        raise ValueError(f"payloadType {envelope['payloadType']!r}")
    signatures = [base64.b64decode(each["sig"], validate=True) for each in envelope["signatures"]]
    return base64.b64decode(envelope["payload"], validate=True), signatures


def _is_signed_by(key_file: Path, payload: bytes, signatures: list[bytes]) -> bool:
    from cryptography.exceptions import InvalidSignature

    from slipway.bundle.signing import algorithm, public_key

    key = public_key(key_file)
    for signature in signatures:
        try:
            key.verify(signature, pae(payload), algorithm(key))
        except InvalidSignature:
            continue
        return True
    return False


def _differences(stated: Digests, found: Digests) -> list[str]:
    faults = [f"{name} is missing" for name in sorted(set(stated) - set(found))]
    faults += [f"{name} was not signed" for name in sorted(set(found) - set(stated))]
    return faults + [
        f"{name} has changed" for name in sorted(set(found) & set(stated)) if found[name] != stated[name]
    ]
