import pytest

from slipway.errors import ExportError
from slipway.onnx import export, exporters


@pytest.fixture(name="registered")
def registered_fixture():
    """An exporter for integers, for the time of one test."""

    @exporters.exporter("whole numbers", handles=lambda model: isinstance(model, int))
    def convert(model, task, name):
        raise NotImplementedError

    yield convert
    del exporters._EXPORTERS["whole numbers"]


def test_an_exporter_is_found_by_what_it_handles(registered):
    found = exporters.exporter_for(7, name="seven")
    assert (found.framework, found.convert) == ("whole numbers", registered)


def test_a_model_that_none_handles_is_refused_with_the_registered_names(registered):
    with pytest.raises(ExportError, match=r"'text' to ONNX: no exporter handles builtins\.str") as failure:
        exporters.exporter_for("text", name="text")
    assert failure.value.expected == "a fitted model of scikit-learn, whole numbers"


def test_importing_the_exporters_loads_no_framework():
    import subprocess
    import sys

    light = "import sys, slipway.onnx.export, slipway.onnx.parity, slipway.onnx.inspect; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", light], capture_output=True, text=True, check=True
    ).stdout.split()
    assert export.__name__ in loaded
    assert not {"sklearn", "pandas", "skl2onnx", "xgboost"} & set(loaded)
