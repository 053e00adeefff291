"""Keys made for one test."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec


@dataclass(frozen=True)
class KeyPair:
    """Two PEM files."""

    private: Path
    public: Path


def key_pair(folder: Path, curve: ec.EllipticCurve | None = None, password: str = "") -> KeyPair:
    """Make a pair on a curve, P-256 unless another is given."""
    folder.mkdir(parents=True, exist_ok=True)
    key = ec.generate_private_key(curve or ec.SECP256R1())
    secret = serialization.BestAvailableEncryption(password.encode()) if password else serialization.NoEncryption()
    pem = serialization.Encoding.PEM
    pair = KeyPair(folder / "key.pem", folder / "public.pem")
    pair.private.write_bytes(key.private_bytes(pem, serialization.PrivateFormat.PKCS8, secret))
    pair.public.write_bytes(key.public_key().public_bytes(pem, serialization.PublicFormat.SubjectPublicKeyInfo))
    return pair
