"""Which models a server has: those named, those in a folder, or what a platform mounted."""

import pytest

from serving import platforms
from serving.models.catalogue import configured_sources, discover_sources
from serving.settings import read_settings
from slipway.errors import UsageError
from tests.support.plain_models import save, scaling


@pytest.fixture(autouse=True)
def mount(tmp_path, monkeypatch):
    """KServe's folder, which is not there yet."""
    monkeypatch.setattr(platforms, "KSERVE_MODEL", tmp_path / "mnt/models")
    monkeypatch.setattr(platforms, "SAGEMAKER_MODEL", tmp_path / "opt/ml/model")
    return tmp_path / "mnt/models"


def models(*arguments, **environment):
    sources = configured_sources(read_settings(arguments, environment), environment)
    return [(source.name, source.version, source.address) for source in sources]


def test_models_that_are_named():
    assert models("--model", "a=/x", "--model", "b:3=models:/y@champion") == [
        ("a", None, "/x"),
        ("b", "3", "models:/y@champion"),
    ]


def test_a_single_model_may_be_named_apart():
    assert models("--model", "/x/y", "--name", "a", "--version", "2") == [("a", "2", "/x/y")]
    assert models("--model", "/x/y", MODEL_NAME="a") == [("a", None, "/x/y")]


@pytest.mark.parametrize("extra", [["--name", "c"], ["--version", "2"]])
def test_several_models_cannot_share_a_name_or_a_version(extra):
    with pytest.raises(UsageError, match="for a single model: got 2 models"):
        models("--model", "a=/x", "--model", "b=/y", *extra)


def test_a_single_model_may_be_held_to_a_digest():
    settings = read_settings(["--model", "/x/y", "--digest", "sha256:1"], {})
    assert [source.digest for source in configured_sources(settings, {})] == ["sha256:1"]


def test_several_models_cannot_share_a_digest():
    with pytest.raises(UsageError, match="--digest is for a single model: got 2 models"):
        models("--model", "a=/x", "--model", "b=/y", "--digest", "sha256:1")


def test_every_model_of_a_folder_of_models(tmp_path):
    for name in ("b", "a"):
        save(tmp_path / "all" / name / "model.onnx", scaling())
    (tmp_path / "all" / "empty").mkdir()
    names = [name for name, *_ in models("--model-dir", str(tmp_path / "all"), "--model", "c=/x")]
    assert names == ["c", "a", "b"]


def test_two_models_of_one_name_are_refused(tmp_path):
    save(tmp_path / "all" / "a" / "model.onnx", scaling())
    with pytest.raises(UsageError, match="2 models are called 'a'"):
        models("--model-dir", str(tmp_path / "all"), "--model", "a=/x")


def test_no_model_at_all_is_refused_with_the_ways_to_name_one(mount):
    for _ in range(2):
        with pytest.raises(UsageError, match="no model to serve: expected --model ADDRESS.*models:/NAME@ALIAS"):
            models()
        mount.mkdir(parents=True, exist_ok=True)


def test_a_mounted_model_is_served_under_the_name_that_was_given(mount):
    save(mount / "model.onnx", scaling())
    assert models() == [("models", None, str(mount))]
    assert models("--version", "3", MODEL_NAME="flights") == [("flights", "3", str(mount))]


def test_a_mounted_folder_of_models_serves_them_all(mount):
    for name in ("a", "b"):
        save(mount / name / "model.onnx", scaling())
    assert [name for name, *_ in models()] == ["a", "b"]


def test_what_is_mounted_does_not_count_where_a_model_is_named(mount):
    save(mount / "model.onnx", scaling())
    assert models("--model", "a=/x", AIP_STORAGE_URI="s3://bucket/model") == [("a", None, "/x")]


def test_an_address_of_vertex_is_served_under_the_name_and_version_that_were_given(tmp_path):
    assert models(AIP_STORAGE_URI="s3://bucket/flights") == [("flights", None, "s3://bucket/flights")]
    environment = {"AIP_STORAGE_URI": "s3://bucket/model", "MODEL_NAME": "flights"}
    assert models("--version", "3", **environment) == [("flights", "3", "s3://bucket/model")]
    file = save(tmp_path / "x.onnx", scaling())
    assert models(AIP_STORAGE_URI=str(file)) == [("x", None, str(file))]


def test_an_address_that_cannot_be_fetched_is_refused_with_a_cure():
    with pytest.raises(UsageError, match=r"'gs://bucket/model' is not the address of a model.*Copy the model"):
        models(AIP_STORAGE_URI="gs://bucket/model")


def test_a_folder_of_models_is_looked_at_each_time(tmp_path):
    settings = read_settings(["--model-dir", str(tmp_path)], {})
    assert discover_sources(settings) == ()
    save(tmp_path / "a" / "model.onnx", scaling())
    assert [source.name for source in discover_sources(settings)] == ["a"]
    assert discover_sources(read_settings([], {})) == ()


def test_a_folder_of_models_that_is_missing_is_refused(tmp_path):
    with pytest.raises(UsageError, match="There is no folder"):
        models("--model-dir", str(tmp_path / "absent"))
