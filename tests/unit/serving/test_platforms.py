"""What platforms tell the server: where the model is, and where they ask."""

import pytest

from serving import platforms
from serving.platforms import SAGEMAKER_PATHS, HostedPaths, hosted_paths, mounted_model


@pytest.fixture
def mounts(tmp_path, monkeypatch):
    """The folders of KServe and SageMaker, which are not there yet."""
    kserve, sagemaker = tmp_path / "mnt/models", tmp_path / "opt/ml/model"
    monkeypatch.setattr(platforms, "KSERVE_MODEL", kserve)
    monkeypatch.setattr(platforms, "SAGEMAKER_MODEL", sagemaker)
    return kserve, sagemaker


def test_sagemakers_paths_are_always_answered():
    assert hosted_paths({}) == (HostedPaths("/ping", "/invocations"),)


def test_vertex_names_its_own():
    environment = {"AIP_HEALTH_ROUTE": "/health", "AIP_PREDICT_ROUTE": "/v1/endpoints/1/deployedModels/2:predict"}
    assert hosted_paths(environment)[1:] == (HostedPaths("/health", "/v1/endpoints/1/deployedModels/2:predict"),)


@pytest.mark.parametrize(
    "environment",
    [
        {"AIP_HEALTH_ROUTE": "/health"},
        {"AIP_PREDICT_ROUTE": "/predict"},
        {"AIP_HEALTH_ROUTE": "", "AIP_PREDICT_ROUTE": "/predict"},
        {"AIP_HEALTH_ROUTE": "/ping", "AIP_PREDICT_ROUTE": "/invocations"},
    ],
)
def test_half_a_pair_and_a_pair_that_is_there_already_add_nothing(environment):
    assert hosted_paths(environment) == (SAGEMAKER_PATHS,)


def test_no_platform_mounts_nothing(mounts):
    assert mounted_model({}) is None


def test_a_mounted_folder_is_found_and_kserves_goes_first(mounts):
    kserve, sagemaker = mounts
    sagemaker.mkdir(parents=True)
    assert mounted_model({}) == str(sagemaker)
    kserve.mkdir(parents=True)
    assert mounted_model({"AIP_STORAGE_URI": ""}) == str(kserve)


def test_the_address_that_vertex_gives_goes_before_folders(mounts):
    mounts[0].mkdir(parents=True)
    assert mounted_model({"AIP_STORAGE_URI": "s3://bucket/model"}) == "s3://bucket/model"
