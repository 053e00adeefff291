"""Downloads that go wrong: nothing half is kept, and nothing is written elsewhere."""

import io

import pytest
from botocore.response import StreamingBody
from botocore.stub import Stubber

from slipway.errors import RegistryError, UsageError
from slipway.registry.object_store import download_prefix


@pytest.fixture
def stub(monkeypatch):
    """Answers of a store that no real one would give."""
    import boto3

    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    client = boto3.client("s3", region_name="us-east-1")
    monkeypatch.setattr(boto3, "client", lambda *_, **__: client)
    with Stubber(client) as stub:
        yield stub


def listing(*names, size=4):
    return {"Contents": [{"Key": f"m/{name}", "Size": size, "ETag": '"e"'} for name in names]}


def test_an_object_that_broke_off_is_not_kept(stub, tmp_path):
    stub.add_response("list_objects_v2", listing("model.onnx"))
    stub.add_response("get_object", {"Body": StreamingBody(io.BytesIO(b"abc"), 3)})
    with pytest.raises(RegistryError, match="broke off at 3 of 4 bytes"):
        download_prefix("s3://bucket/m", tmp_path)
    assert [file.name for file in tmp_path.rglob("*") if file.is_file()] == ["lock"]


def test_an_object_that_changed_since_it_was_listed_is_not_kept(stub, tmp_path):
    stub.add_response("list_objects_v2", listing("model.onnx"))
    stub.add_client_error("get_object", "PreconditionFailed", http_status_code=412)
    with pytest.raises(RegistryError, match="PreconditionFailed"):
        download_prefix("s3://bucket/m", tmp_path)
    assert [file.name for file in tmp_path.rglob("*") if file.is_file()] == ["lock"]


@pytest.mark.parametrize("name", ["../model.onnx", "a/../../b", "..\\model.onnx"])
def test_a_name_that_leads_out_of_the_folder_is_refused(stub, tmp_path, name):
    stub.add_response("list_objects_v2", listing(name))
    with pytest.raises(RegistryError, match="leads out of its folder"):
        download_prefix("s3://bucket/m", tmp_path)


@pytest.mark.parametrize("address", ["s3://", "s3:///m", "http://bucket/m"])
def test_an_address_without_a_bucket_is_refused(address, tmp_path):
    with pytest.raises(UsageError, match="names no bucket"):
        download_prefix(address, tmp_path)


def test_markers_of_folders_are_no_objects(stub, tmp_path):
    stub.add_response("list_objects_v2", listing("", "a/", "a/model.onnx"))
    stub.add_response("get_object", {"Body": StreamingBody(io.BytesIO(b"abcd"), 4)})
    found = download_prefix("s3://bucket/m", tmp_path)
    assert (found.path / "a" / "model.onnx").read_bytes() == b"abcd"
    stub.assert_no_pending_responses()
