import pytest

from slipway.errors import ExitCode
from tests.support.command import slipway
from tests.support.registry_bundle import registry_bundle
from tests.support.signing_keys import key_pair


@pytest.fixture
def bundle(tmp_path):
    return registry_bundle(tmp_path / "bundle")


@pytest.fixture
def keys(tmp_path):
    return key_pair(tmp_path / "keys")


def test_a_bundle_is_signed_and_verified(bundle, keys, tmp_path, monkeypatch):
    signed = slipway(monkeypatch, "bundle", "sign", str(bundle.path), "--key", str(keys.private))
    assert signed.code == ExitCode.OK
    assert signed.out.splitlines() == [f"Signed {bundle.digest}: {bundle.path / 'model.sig'}"]

    other = key_pair(tmp_path / "other")
    trusted = ["--public-key", str(other.public), "--public-key", str(keys.public)]
    verified = slipway(monkeypatch, "bundle", "verify", str(bundle.path), *trusted)
    assert (verified.code, verified.out) == (ExitCode.OK, f"Signed and unchanged: {bundle.digest}\n")


def test_a_bundle_without_a_trusted_signature_is_refused(bundle, keys, monkeypatch):
    answer = slipway(monkeypatch, "bundle", "verify", str(bundle.path), "--public-key", str(keys.public))
    assert (answer.code, answer.out) == (ExitCode.REFUSED, "")
    assert "is not signed" in answer.err


def test_a_changed_bundle_is_not_signed(bundle, keys, monkeypatch):
    (bundle.path / "card.md").write_text("better")
    answer = slipway(monkeypatch, "bundle", "sign", str(bundle.path), "--key", str(keys.private))
    assert answer.code == ExitCode.FAILED
    assert not (bundle.path / "model.sig").exists()


def test_the_password_of_a_key_comes_from_the_environment(bundle, tmp_path, monkeypatch):
    keys = key_pair(tmp_path / "encrypted", password="open sesame")
    sign = ["bundle", "sign", str(bundle.path), "--key", str(keys.private)]
    assert slipway(monkeypatch, *sign).code == ExitCode.USAGE
    monkeypatch.setenv("SLIPWAY_KEY_PASSWORD", "open sesame")
    assert slipway(monkeypatch, *sign).code == ExitCode.OK
