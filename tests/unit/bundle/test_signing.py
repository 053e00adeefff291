"""Signing: whoever has the key, and nobody else, says which files a model is."""

import base64
import hashlib
import json
import shutil
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from slipway.bundle.bundle import Bundle
from slipway.bundle.signing import sign_folder
from slipway.bundle.statement import PAYLOAD_TYPE, SIGNATURE_NAME, file_digests, pae, stated_digests, statement
from slipway.bundle.verification import require_signature
from slipway.errors import DigestMismatchError, SignatureError, UsageError
from tests.support.registry_bundle import registry_bundle
from tests.support.signing_keys import key_pair

ELSEWHERE = Path(__file__).parent / "signed_elsewhere"


@pytest.fixture
def keys(tmp_path):
    return key_pair(tmp_path / "keys")


@pytest.fixture
def bundle(tmp_path):
    return registry_bundle(tmp_path / "bundle")


@pytest.fixture
def signed(bundle, keys):
    sign_folder(bundle.path, file_digests(bundle.path), keys.private)
    return bundle


def verify(folder, *public_keys):
    require_signature(folder, file_digests(folder), public_keys)


def envelope_of(payload_type, payload="", signature=""):
    envelope = {"payloadType": payload_type, "payload": payload, "signatures": [{"sig": signature}]}
    return json.dumps({"dsseEnvelope": envelope})


def edit(folder, change):
    file = folder / SIGNATURE_NAME
    content = json.loads(file.read_text())
    change(content)
    file.write_text(json.dumps(content))


@pytest.mark.parametrize("curve", [ec.SECP256R1(), ec.SECP384R1(), ec.SECP521R1()])
def test_what_was_signed_verifies(bundle, tmp_path, curve):
    keys = key_pair(tmp_path / "keys", curve)
    sign_folder(bundle.path, file_digests(bundle.path), keys.private)
    verify(bundle.path, keys.public)


def test_a_signed_bundle_is_the_same_bundle(signed):
    assert Bundle.open(signed.path).digest == signed.digest


def test_the_manifest_spares_reading_the_files_again(signed):
    assert file_digests(signed.path, signed.manifest) == file_digests(signed.path)


def test_one_of_several_keys_is_enough(signed, keys, tmp_path):
    verify(signed.path, key_pair(tmp_path / "other").public, keys.public)


def test_another_key_is_not_trusted(signed, tmp_path):
    with pytest.raises(SignatureError, match="not by a trusted key"):
        verify(signed.path, key_pair(tmp_path / "other").public)


def test_a_key_on_another_curve_is_not_trusted(signed, tmp_path):
    with pytest.raises(SignatureError, match="not by a trusted key"):
        verify(signed.path, key_pair(tmp_path / "other", ec.SECP384R1()).public)


@pytest.mark.parametrize("name", ["model.onnx", "manifest.json", "plots/residuals.png"])
def test_a_flipped_byte_in_a_file_is_refused_and_named(signed, keys, name):
    file = signed.path / name
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    with pytest.raises(SignatureError, match=f"{name} has changed"):
        verify(signed.path, keys.public)


def test_a_flipped_byte_in_the_signature_is_refused(signed, keys):
    def flip(content):
        signature = bytearray(base64.b64decode(content["dsseEnvelope"]["signatures"][0]["sig"]))
        signature[len(signature) // 2] ^= 1
        content["dsseEnvelope"]["signatures"][0]["sig"] = base64.b64encode(signature).decode()

    edit(signed.path, flip)
    with pytest.raises(SignatureError, match="not by a trusted key"):
        verify(signed.path, keys.public)


def test_a_changed_statement_is_refused(signed, keys):
    def change(content):
        payload = statement("bundle", {**file_digests(signed.path), "model.onnx": "0" * 64})
        content["dsseEnvelope"]["payload"] = base64.b64encode(payload).decode()

    edit(signed.path, change)
    with pytest.raises(SignatureError, match="not by a trusted key"):
        verify(signed.path, keys.public)


def test_the_signature_of_another_bundle_is_refused(signed, keys, tmp_path):
    other = registry_bundle(tmp_path / "other", weight=3.0)
    shutil.copyfile(signed.path / SIGNATURE_NAME, other.path / SIGNATURE_NAME)
    with pytest.raises(SignatureError, match=r"model\.onnx has changed"):
        verify(other.path, keys.public)


def test_files_too_many_and_too_few_are_refused_and_named(signed, keys):
    (signed.path / "card.md").rename(signed.path / "extra.py")
    with pytest.raises(SignatureError, match=r"card\.md is missing; extra\.py was not signed"):
        verify(signed.path, keys.public)


def test_a_changed_file_with_a_new_manifest_does_not_pass(signed, keys):
    (signed.path / "card.md").write_text("better")
    manifest = type(signed.manifest).of_folder(signed.path, leave_out=frozenset({SIGNATURE_NAME}))
    (signed.path / "manifest.json").write_text(manifest.canonical())
    assert Bundle.open(signed.path)
    with pytest.raises(SignatureError, match=r"card\.md has changed; manifest\.json has changed"):
        verify(signed.path, keys.public)


def test_no_signature_is_refused(bundle, keys):
    with pytest.raises(SignatureError, match="is not signed"):
        verify(bundle.path, keys.public)


def test_no_key_trusts_nothing(signed):
    with pytest.raises(SignatureError, match="not by a trusted key"):
        verify(signed.path)


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "[" * 100_000,
        "{}",
        '{"dsseEnvelope": 1}',
        envelope_of("text/plain"),
        envelope_of(PAYLOAD_TYPE, payload="?"),
        envelope_of(PAYLOAD_TYPE, signature=1),
    ],
)
def test_a_file_that_is_no_signature_is_refused(bundle, keys, content):
    (bundle.path / SIGNATURE_NAME).write_text(content)
    with pytest.raises(SignatureError, match="cannot be read"):
        verify(bundle.path, keys.public)


@pytest.mark.parametrize(
    "change",
    [
        lambda content: content.update(predicateType="https://example/other"),
        lambda content: content["predicate"]["serialization"].update(method="shards"),
        lambda content: content["predicate"]["serialization"].update(hash_type="blake3"),
        lambda content: content["predicate"]["resources"][0].update(algorithm="blake3"),
        lambda content: content["predicate"]["resources"].append(content["predicate"]["resources"][0]),
        lambda content: content["predicate"]["resources"][0].update(digest="no digest"),
        lambda content: content["subject"][0]["digest"].update(sha256="0" * 64),
        lambda content: content.update(predicate=7),
        lambda content: content.update(subject=[]),
    ],
)
def test_another_statement_is_refused(change):
    content = json.loads(statement("model", {"a": "1" * 64, "b": "2" * 64}))
    assert stated_digests(json.dumps(content).encode()) == {"a": "1" * 64, "b": "2" * 64}
    change(content)
    with pytest.raises(SignatureError, match="statement that was signed cannot be read"):
        stated_digests(json.dumps(content).encode())


def test_an_encrypted_key_needs_its_password(bundle, tmp_path):
    keys = key_pair(tmp_path / "keys", password="open sesame")
    for wrong in (None, "sesame"):
        with pytest.raises(UsageError, match="holds no key"):
            sign_folder(bundle.path, file_digests(bundle.path), keys.private, password=wrong)
    sign_folder(bundle.path, file_digests(bundle.path), keys.private, password="open sesame")
    verify(bundle.path, keys.public)


def test_a_file_that_is_no_key_is_refused(signed, keys, tmp_path):
    (tmp_path / "rubbish.pem").write_text("rubbish")
    for file in (tmp_path / "rubbish.pem", tmp_path / "absent.pem", keys.public):
        with pytest.raises(UsageError, match="holds no key"):
            sign_folder(signed.path, {}, file)
    for file in (tmp_path / "rubbish.pem", tmp_path / "absent.pem", keys.private):
        with pytest.raises(UsageError, match="holds no key"):
            verify(signed.path, file)


def test_a_key_on_a_curve_of_no_standard_here_is_refused(signed, tmp_path):
    keys = key_pair(tmp_path / "other", ec.SECP256K1())
    with pytest.raises(UsageError, match="a key of another kind"):
        verify(signed.path, keys.public)


def test_the_bytes_signed_are_those_of_the_envelope_s_specification():
    """The example of DSSE v1, "PAE definition", with the payload type of a statement."""
    assert pae(b"hello world") == b"DSSEv1 28 application/vnd.in-toto+json 11 hello world"


def test_a_signature_of_model_signing_is_trusted(tmp_path):
    folder = shutil.copytree(ELSEWHERE / "model", tmp_path / "model")
    verify(folder, ELSEWHERE / "public.pem")
    (folder / "plots" / "a-b.txt").write_text("three")
    with pytest.raises(SignatureError, match=r"plots/a-b\.txt has changed"):
        verify(folder, ELSEWHERE / "public.pem")


def test_the_statement_is_that_of_model_signing():
    envelope = json.loads((ELSEWHERE / "model" / SIGNATURE_NAME).read_text())["dsseEnvelope"]
    theirs = json.loads(base64.b64decode(envelope["payload"]))
    ours = json.loads(statement("model", file_digests(ELSEWHERE / "model")))
    left_out = theirs["predicate"]["serialization"].pop("ignore_paths")
    assert set(ours["predicate"]["serialization"].pop("ignore_paths")) <= set(left_out)
    assert ours == theirs


def test_the_file_is_of_the_form_that_model_signing_reads(signed, keys):
    theirs = json.loads((ELSEWHERE / "model" / SIGNATURE_NAME).read_text())
    ours = json.loads((signed.path / SIGNATURE_NAME).read_text())
    for content, public in ((theirs, ELSEWHERE / "public.pem"), (ours, keys.public)):
        hint = content["verificationMaterial"]["publicKey"].pop("hint")
        assert hint == hashlib.sha256(public.read_bytes()).hexdigest()
        content["dsseEnvelope"].pop("payload")
        content["dsseEnvelope"]["signatures"][0].pop("sig")
    assert ours == theirs


def test_verifying_needs_no_library_of_sigstore(signed, keys):
    verify(signed.path, keys.public)
    assert not {"sigstore", "model_signing", "in_toto_attestation"} & set(sys.modules)


def test_a_changed_bundle_is_refused_by_its_manifest_first(signed):
    (signed.path / "card.md").write_text("better")
    with pytest.raises(DigestMismatchError):
        Bundle.open(signed.path)
