import pytest
from kfp import dsl

from slipway.cli.local.cache import StepCache

FACTS = {"component_name": "comp-x", "image": "slipway-toy:1", "full_command": ["a"], "arguments": {"n": 1}}


@pytest.fixture
def found():
    return []


@pytest.fixture
def cache(tmp_path, found):
    return StepCache(tmp_path / "cache", read=True, found=lambda: found.append(True), may_keep=lambda: True)


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "run" / "dataset"
    (folder / "deep").mkdir(parents=True)
    (folder / "a.parquet").write_bytes(b"12345")
    (folder / "deep" / "b.json").write_text("{}")
    return folder


def outputs(folder):
    dataset = dsl.Dataset(name="dataset", uri=str(folder), metadata={"rows": 3, "digest": "sha256:0"})
    metrics = dsl.Metrics(name="metrics", uri=str(folder.parent / "metrics"), metadata={"auc": 0.5})
    return {"data": dataset, "metrics": metrics, "all": [dataset], "rows": 3, "names": ["a"], "empty": []}


def test_outputs_come_back_as_they_were(cache, folder, found):
    cache.put("key", outputs(folder))
    back = cache.get("key")
    assert found == [True]
    assert isinstance(back["data"], dsl.Dataset)
    assert (back["data"].name, back["data"].uri) == ("dataset", str(folder))
    assert back["data"].metadata == {"rows": 3, "digest": "sha256:0"}
    assert back["metrics"].metadata == {"auc": 0.5}
    assert [artifact.uri for artifact in back["all"]] == [str(folder)]
    assert (back["rows"], back["names"], back["empty"]) == (3, ["a"], [])


def test_key_of_what_comes_back_is_the_key_of_what_was_put(cache, folder):
    made = outputs(folder)
    cache.put("key", made)
    keys = {cache.compute_key(**{**FACTS, "arguments": each}) for each in (made, cache.get("key"))}
    assert len(keys) == 1


@pytest.mark.parametrize("change", [{"image": "slipway-toy:2"}, {"arguments": {"n": 2}}, {"full_command": ["b"]}])
def test_key_follows_code_arguments_and_command(cache, change):
    assert cache.compute_key(**FACTS) != cache.compute_key(**{**FACTS, **change})


def test_nothing_kept_is_a_miss(cache, found):
    assert cache.get("other") is None
    assert found == []


@pytest.mark.parametrize("damage", ["vanish", "lose", "cut", "gain"])
def test_artifact_that_is_not_whole_is_a_miss(cache, folder, damage):
    cache.put("key", outputs(folder))
    if damage == "vanish":
        folder.rename(folder.parent / "elsewhere")
    if damage == "lose":
        (folder / "deep" / "b.json").unlink()
    if damage == "cut":
        (folder / "a.parquet").write_bytes(b"12")
    if damage == "gain":
        (folder / "c.parquet").write_bytes(b"12")
    assert cache.get("key") is None


@pytest.mark.parametrize("text", ["", "{", "[]", '{"outputs": {}}', '{"files": {}, "outputs": []}'])
def test_entry_that_is_not_one_is_a_miss(cache, tmp_path, text):
    (tmp_path / "cache" / "key.json").write_text(text)
    assert cache.get("key") is None


def test_cache_that_is_not_read_is_still_written(cache, folder, tmp_path):
    blind = StepCache(tmp_path / "cache", read=False, found=lambda: None, may_keep=lambda: True)
    blind.put("key", outputs(folder))
    assert blind.get("key") is None
    assert cache.get("key") is not None


def test_outputs_that_may_not_be_kept_are_not(folder, tmp_path):
    cache = StepCache(tmp_path / "cache", read=True, found=lambda: None, may_keep=lambda: False)
    cache.put("key", outputs(folder))
    assert cache.get("key") is None
