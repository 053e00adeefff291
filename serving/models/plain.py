"""A plain ONNX model, as other tools leave it: a file, its folder, or numbered versions of it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from slipway.errors import BundleError
from slipway.onnx.external_data import external_files
from slipway.storage import sha256_file

MODEL_FILE = "model.onnx"
_LAYOUTS = f"a bundle, one .onnx file, or VERSION/{MODEL_FILE}"


@dataclass(frozen=True, slots=True)
class PlainModel:
    """A model file inside the folder it was found in; `number` is its version in a folder of versions."""

    path: Path
    number: str | None
    digest: str
    size_bytes: int


def find_plain_model(place: Path) -> PlainModel:
    """Find the model at a file or in a folder, and name its content.

    Links are followed, as Kubernetes mounts volumes by them, but never out of `place`. The digest is
    `sha256:…` of the file; with external data, of the lines `SHA-256  NAME` of all files.

    Raises:
        BundleError: there is no model, or more than one, or a link leads out of the folder.
        ExportError: external data are missing or lie elsewhere.
    """
    number, found = _find(place)
    folder = place.resolve() if place.is_dir() else place.resolve().parent
    path = found.resolve()
    if not path.is_relative_to(folder):
        raise BundleError(
            f"'{found}' is a link that leads out of its folder",
            expected=f"a file in '{folder}'",
            got=str(path),
            cure="Copy the file there, or name the place it leads to.",
        )
    beside = external_files(path)
    size = sum(file.stat().st_size for file in (path, *beside))
    return PlainModel(path, number, _digest(path, beside), size)


def is_plain_model(folder: Path) -> bool:
    """Tell whether a folder has one of the layouts."""
    return bool(_candidates(folder) or _versions(folder))


def _find(place: Path) -> tuple[str | None, Path]:
    if not place.is_dir():
        return None, _existing(place)
    candidates = _candidates(place)
    if len(candidates) == 1:
        return None, candidates[0]
    if not candidates and (versions := _versions(place)):
        return versions[-1].parent.name, versions[-1]
    raise BundleError(
        f"'{place}' holds no model, or more than one",
        expected=_LAYOUTS,
        got=", ".join(file.name for file in candidates) or "none of them",
        cure="Name the one file, or serve them under names of their own.",
    )


def _existing(file: Path) -> Path:
    if not file.is_file():
        raise BundleError(
            f"There is no model at '{file}'", expected=_LAYOUTS, got="nothing there", cure="Correct the address."
        )
    return file


def _candidates(folder: Path) -> list[Path]:
    preferred = folder / MODEL_FILE
    return [preferred] if preferred.is_file() else sorted(file for file in folder.glob("*.onnx") if file.is_file())


def _versions(folder: Path) -> list[Path]:
    """Model files of numbered folders, the highest number last."""
    numbered = [entry for entry in folder.iterdir() if entry.name.isascii() and entry.name.isdecimal()]
    files = [entry / MODEL_FILE for entry in numbered if (entry / MODEL_FILE).is_file()]
    return sorted(files, key=lambda file: int(file.parent.name))


def _digest(path: Path, beside: tuple[Path, ...]) -> str:
    own = sha256_file(path)
    if not beside:
        return f"sha256:{own}"
    lines = [f"{own}  {path.name}"]
    lines += [f"{sha256_file(file)}  {file.relative_to(path.parent).as_posix()}" for file in sorted(beside)]
    return "sha256:" + hashlib.sha256("\n".join(lines).encode()).hexdigest()
