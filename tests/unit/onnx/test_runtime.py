"""ONNX Runtime reports nothing to anybody."""

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]
IMPORT = re.compile(r"^\s*(import onnxruntime|from onnxruntime)", re.MULTILINE)


def test_reports_are_off_before_it_is_loaded():
    code = "import os, slipway.onnx.runtime as r; print(os.environ['ORT_DISABLE_TELEMETRY'])"
    kept = {key: value for key, value in os.environ.items() if key != "ORT_DISABLE_TELEMETRY"}

    answer = subprocess.run([sys.executable, "-c", code], env=kept, capture_output=True, text=True, check=True)

    assert answer.stdout.strip() == "1"


def test_nothing_else_loads_it():
    sources = [path for folder in ("slipway", "serving", "components") for path in (ROOT / folder).rglob("*.py")]

    loading = [path.relative_to(ROOT).as_posix() for path in sources if IMPORT.search(path.read_text())]

    assert loading == ["slipway/onnx/runtime.py"]
