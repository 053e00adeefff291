"""Loading a bundle: verified, named, and proven on its own example."""

import json
import shutil

import numpy as np
import pytest

from serving.models.loading import LoadPolicy
from slipway.bundle.bundle import Bundle
from slipway.bundle.manifest import MANIFEST_FILE, Manifest
from slipway.bundle.signing import sign_folder
from slipway.bundle.statement import file_digests
from slipway.errors import BundleError, DigestMismatchError, ExportError, SignatureError
from tests.support.plain_models import with_external_factor
from tests.support.signing_keys import key_pair
from tests.support.tiny_bundle import echo_bundle


@pytest.fixture
def copy(flights, tmp_path):
    return shutil.copytree(flights.path, tmp_path / "copy")


def describe_again(folder):
    (folder / MANIFEST_FILE).write_text(Manifest.of_folder(folder).canonical())


def edit(file, change):
    content = json.loads(file.read_text())
    change(content)
    file.write_text(json.dumps(content))
    describe_again(file.parent)


def test_a_bundle_loads_with_its_plan_and_baseline(flights, load):
    loaded = load(flights.path)

    assert loaded.digest == flights.digest
    assert list(loaded.plan.inputs) == ["distance", "carrier"]
    assert set(loaded.baseline.features) == {"distance", "carrier"}


def test_the_version_is_the_one_given_or_the_start_of_the_digest(flights, load):
    assert load(flights.path, version="7").version == "7"
    assert flights.digest.startswith(f"sha256:{load(flights.path).version}")


def test_every_datatype_answers_as_recorded(tmp_path, load):
    assert len(load(echo_bundle(tmp_path / "echo").path).plan.inputs) == 14


def test_another_digest_than_the_registrys_is_refused(flights, load):
    with pytest.raises(BundleError, match="not what was asked for: expected sha256:0"):
        load(flights.path, digest="sha256:0")


def test_a_changed_model_is_refused(copy, load):
    model = copy / "model.onnx"
    model.write_bytes(model.read_bytes()[:-1] + b"\0")

    with pytest.raises(DigestMismatchError, match=r"model\.onnx has changed"):
        load(copy)


def test_an_example_that_is_not_the_models_is_refused(copy, load):
    edit(copy / "input_example.json", lambda content: content["inputs"][0].update(name="miles"))
    with pytest.raises(BundleError, match=r"own example.*miles"):
        load(copy)


@pytest.mark.parametrize("content", [{}, {"inputs": [{}]}, {"inputs": [7]}, {"inputs": None}])
def test_an_example_of_another_form_is_refused(copy, load, content):
    (copy / "input_example.json").write_text(json.dumps(content))
    describe_again(copy)
    with pytest.raises(BundleError, match="own example"):
        load(copy)


def test_an_example_that_the_model_refuses_is_refused(copy, load):
    edit(copy / "input_example.json", lambda content: content["inputs"].pop())
    with pytest.raises(BundleError, match=r"own example.*carrier"):
        load(copy)


def test_another_answer_than_the_recorded_one_is_refused(copy, load):
    def change(content):
        probabilities = content["outputs"][1]["data"]
        probabilities[0] += 0.01

    edit(copy / "output_example.json", change)
    with pytest.raises(BundleError, match="otherwise than recorded: expected 'probabilities'"):
        load(copy)


def test_another_label_than_the_recorded_one_is_refused(copy, load):
    edit(copy / "output_example.json", lambda content: content["outputs"][0].update(data=[0, 0]))
    with pytest.raises(BundleError, match="otherwise than recorded: expected 'label'"):
        load(copy)


def test_a_rounding_error_is_none(copy, load):
    def change(content):
        content["outputs"][1]["data"] = list(np.array(content["outputs"][1]["data"]) + 1e-5)

    edit(copy / "output_example.json", change)
    assert load(copy)


def test_a_missing_output_is_refused(copy, load):
    edit(copy / "output_example.json", lambda content: content["outputs"].pop())
    with pytest.raises(BundleError, match="expected 'probabilities' nothing"):
        load(copy)


def test_external_data_that_leave_the_bundle_are_refused(copy, load):
    (copy.parent / "factor").write_bytes(b"\0" * 8)
    (copy / "model.onnx").write_bytes(with_external_factor("../factor").SerializeToString())
    describe_again(copy)
    with pytest.raises(ExportError, match="outside its folder"):
        load(copy)


def test_a_signed_bundle_is_served_by_whoever_trusts_the_key(copy, load, tmp_path):
    mine, others = key_pair(tmp_path / "mine"), key_pair(tmp_path / "others")
    bundle = Bundle.open(copy)
    sign_folder(copy, file_digests(copy, bundle.manifest), mine.private)

    assert load(copy, policy=LoadPolicy(public_keys=(others.public, mine.public))).digest == bundle.digest
    with pytest.raises(SignatureError, match="not by a trusted key"):
        load(copy, policy=LoadPolicy(public_keys=(others.public,)))


def test_an_unsigned_bundle_is_refused_where_a_signature_is_asked_for(flights, load, tmp_path):
    with pytest.raises(SignatureError, match="is not signed"):
        load(flights.path, policy=LoadPolicy(public_keys=(key_pair(tmp_path / "mine").public,)))
