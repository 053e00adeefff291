"""Loading a bundle: verified, named, and proven on its own example."""

import json
import shutil

import pytest

from serving.models import Models, load_model
from slipway.bundle.manifest import MANIFEST_FILE, Manifest
from slipway.errors import BundleError, DigestMismatchError, ModelNotFoundError, UsageError


@pytest.fixture
def copy(flights, tmp_path):
    return shutil.copytree(flights.path, tmp_path / "copy")


def sign_again(folder):
    (folder / MANIFEST_FILE).write_text(Manifest.of_folder(folder).canonical())


def test_the_version_is_the_one_given_or_the_start_of_the_digest(flights):
    assert load_model(flights.path, name="flights", version="7").version == "7"
    assert flights.digest.startswith(f"sha256:{load_model(flights.path, name='flights').version}")


def test_a_changed_model_is_refused(copy):
    model = copy / "model.onnx"
    model.write_bytes(model.read_bytes()[:-1] + b"\0")

    with pytest.raises(DigestMismatchError, match=r"model\.onnx has changed"):
        load_model(copy, name="flights")


def test_a_folder_without_a_manifest_is_no_bundle(tmp_path):
    with pytest.raises(BundleError, match="is not a model bundle"):
        load_model(tmp_path, name="flights")


def test_a_model_that_cannot_answer_its_own_example_is_refused(copy):
    example = copy / "input_example.json"
    content = json.loads(example.read_text())
    content["inputs"][0]["name"] = "miles"
    example.write_text(json.dumps(content))
    sign_again(copy)

    with pytest.raises(BundleError, match=r"own example.*miles"):
        load_model(copy, name="flights")


@pytest.mark.parametrize("name", ["", "a/b", "../x", "a b", "é", "a\r\nb", ".x"])
def test_a_name_that_cannot_stand_in_a_url_is_refused(flights, name):
    with pytest.raises(UsageError, match="--name"):
        load_model(flights.path, name=name)
    with pytest.raises(UsageError, match="--version"):
        load_model(flights.path, name="flights", version=name or "!")


def test_models_are_found_by_name_and_version(models):
    assert models.find("flights").version == "7"
    assert models.find("flights", "7") is models.find("flights")


@pytest.mark.parametrize(
    ("name", "version", "words"), [("boats", None, "expected echo, flights"), ("flights", "8", "expected 7")]
)
def test_a_missing_model_error_names_what_there_is(models, name, version, words):
    with pytest.raises(ModelNotFoundError, match=words):
        models.find(name, version)


def test_no_models_at_all_is_an_error_too():
    with pytest.raises(ModelNotFoundError):
        Models([]).find("flights")
