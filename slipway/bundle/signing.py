"""Signing a model: the file `model.sig` beside it, which OpenSSF's `model_signing` reads and writes too.

Sources: Sigstore bundle v0.3, `dsseEnvelope` and `verificationMaterial.publicKey`; DSSE v1.
"""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from slipway.bundle.statement import PAYLOAD_TYPE, SIGNATURE_NAME, Digests, pae, statement
from slipway.errors import UsageError
from slipway.storage import write_whole

MEDIA_TYPE = "application/vnd.dev.sigstore.bundle.v0.3+json"
_HASHES: dict[str, hashes.HashAlgorithm] = {
    "secp256r1": hashes.SHA256(),
    "secp384r1": hashes.SHA384(),
    "secp521r1": hashes.SHA512(),
}
_CURE = "Make one with 'openssl ecparam -name prime256v1 -genkey -noout -out key.pem'."


def sign_folder(folder: Path, digests: Digests, private_key: Path, *, password: str | None = None) -> Path:
    """Write the signature over these files of `folder` and return its path.

    Raises:
        UsageError: the file holds no elliptic-curve private key, or not with this password.
        StorageError: the signature cannot be written.
    """
    key = _private_key(private_key, password)
    payload = statement(folder.resolve().name, digests)
    signature = key.sign(pae(payload), algorithm(key.public_key()))
    content = {
        "mediaType": MEDIA_TYPE,
        "verificationMaterial": {"publicKey": {"hint": _hint(key.public_key())}, "tlogEntries": []},
        "dsseEnvelope": {
            "payload": base64.b64encode(payload).decode(),
            "payloadType": PAYLOAD_TYPE,
            "signatures": [{"sig": base64.b64encode(signature).decode(), "keyid": ""}],
        },
    }
    path = folder / SIGNATURE_NAME
    write_whole(path, json.dumps(content, separators=(",", ":")))
    return path


def algorithm(key: ec.EllipticCurvePublicKey) -> ec.ECDSA:
    """Return the signature algorithm of a key: the hash is as long as the curve."""
    return ec.ECDSA(_HASHES[key.curve.name])


def public_key(file: Path) -> ec.EllipticCurvePublicKey:
    """Read a public key in PEM.

    Raises:
        UsageError: the file holds none on a NIST curve.
    """
    try:
        key = serialization.load_pem_public_key(file.read_bytes())
    except (OSError, ValueError) as error:
        raise _no_key(file, "public", str(error)) from error
    if not isinstance(key, ec.EllipticCurvePublicKey) or key.curve.name not in _HASHES:
        raise _no_key(file, "public", "a key of another kind")
    return key


def _private_key(file: Path, password: str | None) -> ec.EllipticCurvePrivateKey:
    try:
        key = serialization.load_pem_private_key(file.read_bytes(), password.encode() if password else None)
    except (OSError, TypeError, ValueError) as error:  # TypeError: a password is missing, or one too many
        raise _no_key(file, "private", str(error)) from error
    if not isinstance(key, ec.EllipticCurvePrivateKey) or key.curve.name not in _HASHES:
        raise _no_key(file, "private", "a key of another kind")
    return key


def _hint(key: ec.EllipticCurvePublicKey) -> str:
    pem = key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(pem).hexdigest()


def _no_key(file: Path, kind: str, got: str) -> UsageError:
    expected = f"a {kind} key in PEM on curve P-256, P-384 or P-521"
    return UsageError(f"'{file}' holds no key that models are signed with", expected=expected, got=got, cure=_CURE)
