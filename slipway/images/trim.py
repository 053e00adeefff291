"""Making a Python environment lean for an image: a script that Dockerfiles run, standard library only.

Usage: python3 trim.py SITE_PACKAGES

What only testing, compiling against, training transformers and other clouds' services need goes;
then every module is compiled, once: a read-only file system could not keep bytecode, and each start
would compile anew.
"""

from __future__ import annotations

import compileall
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

TESTS = {"test", "tests"}
# Headers, sources, type stubs and source maps: what a compiler, an editor or a browser's debugger reads.
UNREAD_SUFFIXES = {".c", ".cc", ".cpp", ".cu", ".cuh", ".h", ".hpp", ".map", ".pxd", ".pyi", ".pyx"}
UNUSED = (
    "onnxruntime/datasets",
    "onnxruntime/quantization",
    "onnxruntime/tools",
    "onnxruntime/transformers",
    "pyarrow/*flight*",  # Arrow's RPC
    "pyarrow/include",
    "pyarrow/src",
)
# Of the descriptions of four hundred services, those of S3 and of roles.
SERVICES_FOLDER, SERVICES = "botocore/data", {"s3", "sts"}


def trim(site_packages: Path) -> int:
    """Remove what no image needs from a folder of installed packages; return the bytes it freed."""
    freed = 0
    for path in [*_folders(site_packages), *_unused(site_packages), *_files(site_packages)]:
        if path.is_dir():
            freed += sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
            shutil.rmtree(path)
        elif path.exists():
            freed += path.stat().st_size
            path.unlink()
    return freed


def _folders(site_packages: Path) -> Iterator[Path]:
    yield from sorted(path for path in site_packages.rglob("*") if path.name in TESTS and path.is_dir())
    services = site_packages / SERVICES_FOLDER
    if services.is_dir():
        yield from (path for path in services.iterdir() if path.is_dir() and path.name not in SERVICES)


def _unused(site_packages: Path) -> Iterator[Path]:
    for pattern in UNUSED:
        yield from sorted(site_packages.glob(pattern))


def _files(site_packages: Path) -> Iterator[Path]:
    yield from (path for path in site_packages.rglob("*") if path.suffix in UNREAD_SUFFIXES and path.is_file())


def main() -> int:
    """Trim and compile the folder that the command line names."""
    (folder,) = map(Path, sys.argv[1:])
    print(f"Freed {trim(folder) / 1e6:.0f} MB in {folder}")
    return 0 if compileall.compile_dir(folder, quiet=2, workers=0) else 1


if __name__ == "__main__":
    sys.exit(main())
