import pytest

from slipway.errors import RegistryError
from slipway.registry import tags
from slipway.registry.aliases import promote
from slipway.registry.catalogue import find_digest, find_version, list_models, list_versions, resolve_alias
from slipway.registry.recorder import record_run
from slipway.registry.versions import register_bundle
from slipway.settings import Settings
from tests.support.records import run_record
from tests.support.registry_bundle import registry_bundle


@pytest.fixture
def two_versions(settings, tmp_path):
    bundles = [registry_bundle(tmp_path / f"b{weight}", weight=weight) for weight in (2.0, 3.0)]
    for bundle in bundles:
        register_bundle("tiny", bundle, record_run(run_record(bundle), settings), settings)
    return bundles


def test_models_are_listed_by_name_with_their_aliases(settings, client, two_versions):
    client.create_registered_model("another")
    assert [(model.name, model.aliases) for model in list_models(settings)] == [
        ("another", {}),
        ("tiny", {tags.CHALLENGER: "2"}),
    ]


def test_more_models_than_a_page_holds_are_all_listed(settings, client):
    for number in range(120):
        client.create_registered_model(f"model {number:03}")
    assert len(list_models(settings)) == 120


def test_versions_are_listed_newest_first(settings, two_versions):
    versions = list_versions("tiny", settings)
    assert [(one.version, one.digest) for one in versions] == [
        ("2", two_versions[1].digest),
        ("1", two_versions[0].digest),
    ]


def test_an_alias_names_its_version(settings, two_versions):
    assert resolve_alias("tiny", tags.CHALLENGER, settings).version == "2"


def test_an_unknown_alias_lists_those_that_exist(settings, two_versions):
    with pytest.raises(RegistryError, match="no alias 'champion': expected one of challenger"):
        resolve_alias("tiny", tags.CHAMPION, settings)


def test_an_unknown_model_lists_those_that_exist(settings, two_versions):
    with pytest.raises(RegistryError, match="no model 'tinny': expected one of tiny"):
        list_versions("tinny", settings)


def test_an_unknown_version_lists_those_that_exist(settings, two_versions):
    with pytest.raises(RegistryError, match="no version 7: expected one of 2, 1"):
        find_version("tiny", "7", settings)


def test_in_a_registry_never_written_no_model_is_found(tmp_path):
    fresh = Settings(home=tmp_path / "home", tracking_uri="")
    with pytest.raises(RegistryError, match=r"no model 'tiny': got none at all.*slipway run"):
        resolve_alias("tiny", tags.CHAMPION, fresh)
    assert find_digest("sha256:0", fresh) == []
    assert not fresh.home.exists()


def test_a_digest_is_found_in_every_model_that_has_it(settings, two_versions):
    bundle = two_versions[0]
    register_bundle("twin", bundle, record_run(run_record(bundle), settings), settings)
    assert [(one.name, one.version) for one in find_digest(bundle.digest, settings)] == [
        ("tiny", "1"),
        ("twin", "1"),
    ]


def test_promotion_moves_the_champion_and_ends_the_challenge(settings, two_versions):
    assert promote("tiny", "1", settings).aliases == (tags.CHAMPION,)
    assert promote("tiny", "2", settings).aliases == (tags.CHAMPION,)
    assert [one.aliases for one in list_versions("tiny", settings)] == [(tags.CHAMPION,), ()]


def test_promoting_an_older_version_leaves_the_challenger(settings, two_versions):
    promote("tiny", "1", settings)
    assert resolve_alias("tiny", tags.CHALLENGER, settings).version == "2"


def test_a_version_that_does_not_exist_cannot_be_promoted(settings, two_versions):
    with pytest.raises(RegistryError, match="no version 7"):
        promote("tiny", "7", settings)
