"""The server's artifact store, on a real S3 store."""

import pytest
from mlflow.exceptions import MlflowException
from mlflow.store.artifact.artifact_repo import MultipartDownloadMixin, MultipartUploadMixin, PresignedUploadMixin

from slipway.tracking_server.artifact_store import ServedS3Repository
from tests.support.seaweed import BUCKET

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("environment")]


@pytest.fixture
def repository(tmp_path):
    return ServedS3Repository(f"s3://{BUCKET}/{tmp_path.name}")


def test_files_go_there_and_come_back(repository, tmp_path):
    (tmp_path / "bundle" / "plots").mkdir(parents=True)
    (tmp_path / "bundle" / "model.onnx").write_bytes(b"model")
    (tmp_path / "bundle" / "plots" / "a.png").write_bytes(b"plot")
    repository.log_artifacts(str(tmp_path / "bundle"), "1/bundle")
    repository.log_artifact(str(tmp_path / "bundle" / "model.onnx"), "1/alone")
    assert {one.path for one in repository.list_artifacts("1/bundle")} == {"1/bundle/model.onnx", "1/bundle/plots"}
    (tmp_path / "back").mkdir()
    repository.download_artifacts("1", str(tmp_path / "back"))
    assert (tmp_path / "back" / "1" / "bundle" / "plots" / "a.png").read_bytes() == b"plot"
    repository.delete_artifacts("1")
    assert repository.list_artifacts("1/alone") == []  # the store may show the empty folder for a while


def test_what_is_not_there_is_an_error(repository, tmp_path):
    with pytest.raises(MlflowException):
        repository.download_artifacts("nowhere/file", str(tmp_path))


@pytest.mark.parametrize("offer", [MultipartDownloadMixin, MultipartUploadMixin, PresignedUploadMixin])
def test_no_client_is_sent_to_the_store(repository, offer):
    """MLflow's server asks for these classes when it tells clients what it can do."""
    assert not isinstance(repository, offer)
