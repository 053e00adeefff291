"""Write the Python side of the `.proto` files here: `python -m serving.grpc.protos.generate [--check]`.

Needs grpcio-tools; the server needs only what this writes.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[2]  # modules are named from here, so that they may stand in packages


def main(arguments: Sequence[str] | None = None) -> int:
    """Generate; with --check change nothing and return 1 if a file is not what its source says."""
    parser = argparse.ArgumentParser(description="Generate the protobuf modules.")
    parser.add_argument("--check", action="store_true", help="change nothing, fail on drift")
    check = parser.parse_args(arguments).check
    stale = [path for path, text in generated().items() if not path.is_file() or path.read_text() != text]
    if check:
        sys.stderr.writelines(f"{path.relative_to(ROOT)} is not what its .proto says\n" for path in stale)
        return int(bool(stale))
    for path, text in generated().items():
        path.write_text(text)
    return 0


def generated() -> dict[Path, str]:
    """Compile every `.proto` here; the text that each module and its stub should have."""
    from grpc_tools import protoc  # noqa: PLC0415 - no part of the server

    sources = sorted(str(path.relative_to(ROOT)) for path in HERE.glob("*.proto"))
    includes = [f"-I{ROOT}", f"-I{files('grpc_tools') / '_proto'}"]
    with tempfile.TemporaryDirectory() as folder:
        outputs = [f"--python_out={folder}", f"--pyi_out={folder}"]
        if protoc.main(["protoc", *includes, *outputs, *sources]) != 0:
            raise SystemExit("protoc refused the sources; it said why above.")
        made = sorted(Path(folder).rglob("*_pb2.py*"))
        return {HERE / path.name: path.read_text() for path in made}


if __name__ == "__main__":
    sys.exit(main())
