"""A model in a real S3 store."""

import uuid

import pytest

from slipway.bundle.bundle import Bundle
from slipway.errors import RegistryError, TrackingUnreachableError
from tests.support.plain_models import scaling
from tests.support.registry_bundle import registry_bundle
from tests.support.seaweed import BUCKET

pytestmark = pytest.mark.slow


@pytest.fixture
def prefix(store, tmp_path, monkeypatch):
    """A prefix of the test's own, and a server's environment that may only read."""
    for name, value in store.environment(store.reader).items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("MLFLOW_S3_ENDPOINT_URL")
    monkeypatch.setenv("AWS_ENDPOINT_URL", store.url)
    monkeypatch.setenv("SLIPWAY_HOME", str(tmp_path / "home"))
    return f"models/{uuid.uuid4().hex}"


@pytest.fixture
def put(store, prefix):
    def put(path, content):
        store.client().put_object(Bucket=BUCKET, Key=f"{prefix}/{path}", Body=content)

    return put


def upload(put, folder):
    for file in folder.rglob("*"):
        if file.is_file():
            put(file.relative_to(folder).as_posix(), file.read_bytes())


def names_in(folder):
    return sorted(file.name for file in folder.iterdir())


def test_a_bundle_arrives_whole(fetched, put, prefix, tmp_path):
    bundle = registry_bundle(tmp_path / "bundle")
    upload(put, bundle.path)

    found = fetched(f"s3://{BUCKET}/{prefix}")

    assert Bundle.open(found.place).digest == bundle.digest
    assert found.place.is_relative_to(tmp_path / "home")


def test_what_did_not_change_is_not_downloaded_again(fetched, put, prefix):
    put("model.onnx", scaling().SerializeToString())
    first = fetched(f"s3://{BUCKET}/{prefix}/")
    written = (first.place / "model.onnx").stat()

    assert fetched(f"s3://{BUCKET}/{prefix}/") == first
    assert (first.place / "model.onnx").stat().st_ino == written.st_ino


def test_what_changed_is_another_revision_beside_the_old_one(fetched, put, prefix):
    put("model.onnx", scaling(2).SerializeToString())
    old = fetched(f"s3://{BUCKET}/{prefix}")
    revisions = [old]
    for factor in (3, 4):
        put("model.onnx", scaling(factor).SerializeToString())
        revisions.append(fetched(f"s3://{BUCKET}/{prefix}"))

    assert len({found.revision for found in revisions}) == 3
    assert not old.place.exists()
    assert [found.place.exists() for found in revisions[1:]] == [True, True]


def test_one_object_is_a_model_too(fetched, put, prefix):
    put("flights.onnx", scaling().SerializeToString())
    put("flights.onnx.md5", b"0")
    assert names_in(fetched(f"s3://{BUCKET}/{prefix}/flights.onnx").place) == ["flights.onnx"]


def test_a_prefix_is_a_folder_not_the_start_of_a_name(fetched, put, prefix):
    put("flights/model.onnx", scaling().SerializeToString())
    put("flights-old/model.onnx", scaling(9).SerializeToString())
    assert names_in(fetched(f"s3://{BUCKET}/{prefix}/flights").place) == ["model.onnx"]


@pytest.mark.parametrize("address", ["s3://{bucket}/{prefix}/absent", "s3://absent-{bucket}/{prefix}"])
def test_a_prefix_without_objects_is_refused(fetched, prefix, address):
    place = address.format(bucket=BUCKET, prefix=prefix)
    with pytest.raises(RegistryError, match=f"{place}") as caught:
        fetched(place)
    assert "reader-secret" not in str(caught.value)


def test_wrong_credentials_are_refused(fetched, put, prefix, monkeypatch, tmp_path):
    put("model.onnx", scaling().SerializeToString())
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong")
    with pytest.raises(RegistryError, match="AWS_SECRET_ACCESS_KEY"):
        fetched(f"s3://{BUCKET}/{prefix}")


def test_a_store_that_does_not_answer_is_said_to_be_so(fetched, prefix, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    with pytest.raises(TrackingUnreachableError, match="Could not connect"):
        fetched(f"s3://{BUCKET}/{prefix}")
