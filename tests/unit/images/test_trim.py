import subprocess
import sys

import pytest

from slipway.images import trim as script
from slipway.images.trim import trim

KEPT = [
    "numpy/__init__.py",
    "numpy/core.so",
    "pyarrow/lib.so",
    "pyarrow/libarrow_substrait.so.1",  # what Arrow's other libraries are linked with
    "botocore/data/s3/service.json",
    "botocore/data/endpoints.json",
    "latest/tested.py",
]
GONE = [
    "numpy/tests/test_core.py",
    "onnx/backend/test/data/node.pb",
    "numpy/core.h",
    "numpy/core.pyi",
    "pyarrow/libarrow_flight.so.1",
    "pyarrow/_flight.so",
    "pyarrow/include/arrow.txt",
    "botocore/data/ec2/service.json",
    "onnxruntime/transformers/models.py",
]


@pytest.fixture
def packages(tmp_path):
    for name in KEPT + GONE:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"# 3\n")
    return tmp_path


def test_only_what_no_image_runs_goes(packages):
    assert trim(packages) == 4 * len(GONE)
    assert sorted(str(path.relative_to(packages)) for path in packages.rglob("*") if path.is_file()) == sorted(
        KEPT
    )


def test_as_a_script_it_leaves_bytecode(packages):
    subprocess.run([sys.executable, "-I", "-S", script.__file__, str(packages)], check=True, capture_output=True)
    assert list((packages / "numpy" / "__pycache__").glob("__init__.*.pyc"))
