import json
from pathlib import Path

import numpy as np
import pytest

from slipway.bundle.bundle import Bundle
from slipway.errors import BundleError, DigestMismatchError
from tests.support.tiny_bundle import expected_probability, tiny_bundle


@pytest.fixture
def bundle(tmp_path: Path) -> Bundle:
    return tiny_bundle(tmp_path / "flight-delay")


def test_a_bundle_holds_everything_a_release_needs(bundle: Bundle) -> None:
    assert set(bundle.manifest.files) >= {
        "MLmodel",
        "card.md",
        "drift.json",
        "evaluation.json",
        "input_example.json",
        "lineage.json",
        "model.onnx",
        "output_example.json",
        "parity.json",
        "signature.json",
    }
    assert bundle.signature.input_names == ("distance", "carrier")
    assert bundle.parity.passed
    assert bundle.lineage.datasets[0].name == "flights"
    assert set(bundle.drift_baseline.features) == {"distance", "carrier"}


def test_the_recorded_output_is_the_models_answer_to_the_example(bundle: Bundle) -> None:
    inputs = {tensor["name"]: tensor for tensor in bundle.input_example["inputs"]}
    outputs = {tensor["name"]: tensor for tensor in bundle.output_example["outputs"]}
    probabilities = np.reshape(outputs["probabilities"]["data"], outputs["probabilities"]["shape"])
    rows = zip(inputs["distance"]["data"], inputs["carrier"]["data"], strict=True)
    expected = [expected_probability(distance, carrier) for distance, carrier in rows]
    np.testing.assert_allclose(probabilities[:, 1], expected, rtol=1e-6)


def test_the_same_parts_make_the_same_digest(bundle: Bundle, tmp_path: Path) -> None:
    assert tiny_bundle(tmp_path / "elsewhere" / "flight-delay").digest == bundle.digest


def test_a_moved_bundle_keeps_its_digest(bundle: Bundle, tmp_path: Path) -> None:
    digest = bundle.digest
    moved = bundle.path.rename(tmp_path / "moved")
    assert Bundle.open(moved).digest == digest


@pytest.mark.parametrize("name", ["model.onnx", "parity.json", "card.md"])
def test_one_changed_byte_is_refused_and_named(bundle: Bundle, name: str) -> None:
    file = bundle.path / name
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    with pytest.raises(DigestMismatchError, match=f"{name} has changed"):
        Bundle.open(bundle.path)


def test_a_missing_file_is_refused_and_named(bundle: Bundle) -> None:
    (bundle.path / "signature.json").unlink()
    with pytest.raises(DigestMismatchError, match=r"signature\.json is missing"):
        Bundle.open(bundle.path)


def test_a_file_too_many_is_refused_and_named(bundle: Bundle) -> None:
    (bundle.path / "plots" / "extra.py").write_text("print()")
    with pytest.raises(DigestMismatchError, match=r"plots/extra\.py is not in the manifest"):
        Bundle.open(bundle.path)


def test_a_link_is_refused(bundle: Bundle, tmp_path: Path) -> None:
    model = (bundle.path / "model.onnx").rename(tmp_path / "model.onnx")
    (bundle.path / "model.onnx").symlink_to(model)
    with pytest.raises(BundleError, match="symbolic link"):
        Bundle.open(bundle.path)


def test_a_manifest_edited_to_fit_has_another_digest(bundle: Bundle) -> None:
    before = bundle.digest
    manifest = json.loads((bundle.path / "manifest.json").read_text())
    (bundle.path / "card.md").write_text("better than it is")
    manifest["files"]["card.md"] = {
        "sha256": "d6a1e5b4e2fd6d7d1d0f55ea0ad0bb0ba7ba0ec4ff0ad4ba3c2bcba4ba4ac4d5",
        "size_bytes": 17,
    }
    (bundle.path / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(DigestMismatchError):
        Bundle.open(bundle.path)
    import hashlib

    manifest["files"]["card.md"]["sha256"] = hashlib.sha256(b"better than it is").hexdigest()
    (bundle.path / "manifest.json").write_text(json.dumps(manifest))
    assert Bundle.open(bundle.path).digest != before


@pytest.mark.parametrize("content", ["{", '{"format": "slipway-bundle/9", "files": {}}', "[]"])
def test_a_malformed_manifest_is_refused(bundle: Bundle, content: str) -> None:
    (bundle.path / "manifest.json").write_text(content)
    with pytest.raises(BundleError, match="is malformed"):
        Bundle.open(bundle.path)


def test_a_folder_without_a_manifest_is_no_bundle(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="is not a model bundle"):
        Bundle.open(tmp_path)


def test_mlflow_opens_a_bundle_as_an_onnx_model(bundle: Bundle) -> None:
    import mlflow.pyfunc
    import pandas as pd

    model = mlflow.pyfunc.load_model(str(bundle.path))
    frame = pd.DataFrame({"distance": np.array([1500.0], np.float32), "carrier": ["AA"]})
    answer = model.predict({name: frame[[name]].to_numpy() for name in frame})
    assert answer["probabilities"][0][1] == pytest.approx(expected_probability(1500.0, "AA"), rel=1e-6)


def test_the_card_says_what_a_person_must_know(bundle: Bundle) -> None:
    card = (bundle.path / "card.md").read_text()
    for heading in ("# flight-delay", "## What it does", "## How well", "## Parity", "## Where it came from"):
        assert heading in card
    assert "`distance`" in card
    assert "passed" in card
