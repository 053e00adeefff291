"""Files that hold a model's tensors; what is refused stands in the tests of plain models."""

import subprocess
import sys

import pytest

from slipway.errors import ExportError
from slipway.onnx.external_data import external_files
from tests.support.plain_models import save, scaling, with_external_factor


def test_a_model_in_one_file_has_none_beside_it(tmp_path):
    assert external_files(save(tmp_path / "model.onnx", scaling())) == ()


def test_a_file_beside_the_model_is_found(tmp_path):
    (tmp_path / "factor.bin").write_bytes(b"\0" * 8)
    model = save(tmp_path / "model.onnx", with_external_factor("factor.bin"))
    assert external_files(model) == (tmp_path / "factor.bin",)


def test_the_word_alone_makes_no_file(tmp_path):
    model = scaling()
    model.producer_name = "location"
    assert external_files(save(tmp_path / "model.onnx", model)) == ()


def test_the_onnx_package_is_read_only_where_it_is_needed(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "slipway.onnx.graphs", None)  # its import fails
    assert external_files(save(tmp_path / "model.onnx", scaling())) == ()
    with pytest.raises(ImportError):
        external_files(save(tmp_path / "other.onnx", with_external_factor("factor.bin")))


def test_finding_them_asks_for_nothing_that_the_server_lacks(tmp_path):
    (tmp_path / "factor.bin").write_bytes(b"\0" * 8)
    model = save(tmp_path / "model.onnx", with_external_factor("factor.bin"))
    look = f"""
import sys
from pathlib import Path
sys.modules["pydantic"] = None  # its import fails
from slipway.onnx.external_data import external_files
print(*external_files(Path({str(model)!r})))
"""
    said = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True).stdout
    assert said.strip() == str(tmp_path / "factor.bin")


def test_a_damaged_file_is_refused(tmp_path):
    (tmp_path / "model.onnx").write_bytes(b"location")
    with pytest.raises(ExportError, match="cannot be read as an ONNX model"):
        external_files(tmp_path / "model.onnx")
