"""What an image is made of, read from its Dockerfile.

The files that its COPY lines name are the build's whole context and, with the Dockerfile and the
base, all that its tag is a digest of: a build cannot see what the tag does not cover.
"""

from __future__ import annotations

import io
import re
import shlex
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from slipway.errors import ImageError

DOCKERFILE = "Dockerfile"
# Where Dockerfiles are, by the name of their folder: families of components, the model server, the platform's own.
_PLACES = ("components/*", "serving", "infra/images/*")
_BASE = re.compile(r"^ARG BASE=(?P<image>\S+)$", re.MULTILINE)
_CONTINUED = re.compile(r"\\\n")


@dataclass(frozen=True)
class Recipe:
    """How the image of one family is built; `base` is empty where the Dockerfile's own is meant."""

    root: Path
    family: str
    base: str = ""

    @property
    def dockerfile(self) -> Path:
        """The Dockerfile, whether or not it is there."""
        return dockerfile_of(self.root, self.family)

    @property
    def base_image(self) -> str:
        """The image it builds on."""
        own = _BASE.search(self.dockerfile.read_text())
        return self.base or (own["image"] if own else "")

    def files(self) -> dict[str, Path]:
        """Return name in the context -> file, the Dockerfile among them, in order of their names.

        Raises:
            ImageError: a COPY line names what is not there.
        """
        found = {self._name(self.dockerfile): self.dockerfile}
        for source in _copied(self.dockerfile.read_text()):
            matches = sorted(self.root.glob(source))
            if not matches:
                raise ImageError(
                    f"'{self._name(self.dockerfile)}' copies '{source}', and there is no such file",
                    cure="Correct the COPY line, or add the file.",
                )
            for match in matches:
                found |= {self._name(path): path for path in _files_under(match)}
        return dict(sorted(found.items()))

    def context(self) -> bytes:
        """Return the build's context, a tar archive that depends on names and contents alone."""
        archive = io.BytesIO()
        with tarfile.open(fileobj=archive, mode="w") as tar:
            for name, path in self.files().items():
                entry = tarfile.TarInfo(name)
                entry.mode, entry.size = 0o644, path.stat().st_size
                with path.open("rb") as file:
                    tar.addfile(entry, file)
        return archive.getvalue()

    def _name(self, path: Path) -> str:
        return path.relative_to(self.root).as_posix()


def families(root: Path) -> list[str]:
    """List the families that have a Dockerfile: those of components first."""
    return [path.parent.name for path in _dockerfiles(root)]


def dockerfile_of(root: Path, family: str) -> Path:
    """Return where a family's Dockerfile is, or would be."""
    would_be = root / "components" / family / DOCKERFILE
    return next((path for path in _dockerfiles(root) if path.parent.name == family), would_be)


def is_litter(path: Path) -> bool:
    """Return whether a relative path is what an interpreter or an editor left."""
    return any(part == "__pycache__" or part.startswith(".") for part in path.parts)


def _dockerfiles(root: Path) -> Iterator[Path]:
    for place in _PLACES:
        yield from sorted(root.glob(f"{place}/{DOCKERFILE}"))


def _copied(dockerfile: str) -> Iterator[str]:
    """Yield the sources of every COPY from the context (Dockerfile reference, COPY)."""
    for line in _CONTINUED.sub(" ", dockerfile).splitlines():
        instruction, *words = shlex.split(line, comments=True) or [""]
        flags = [word for word in words if word.startswith("--")]
        if instruction == "COPY" and not any(flag.startswith("--from=") for flag in flags):
            yield from [word for word in words if word not in flags][:-1]


def _files_under(path: Path) -> Iterator[Path]:
    if path.is_file():
        yield path
        return
    for inner in path.rglob("*"):
        if inner.is_file() and not is_litter(inner.relative_to(path)):
            yield inner
