"""Environments as a person writes them."""

from pathlib import Path

import pytest

from slipway.deployment.environments import FOLDER, list_environments, load_environment
from slipway.errors import SettingsError, UsageError

ROOT = Path(__file__).parents[3]


def test_the_projects_own_environments_can_be_read():
    assert list_environments(ROOT) == ["dev", "prod", "staging"]
    assert len({load_environment(name, ROOT).namespace for name in list_environments(ROOT)}) == 3


def test_an_unknown_environment_lists_those_there_are(project):
    with pytest.raises(UsageError, match=r"no environment 'prod': expected one of: dev"):
        load_environment("prod", project.root)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("namespace: Upper", "at 'namespace'"),
        ("gateway: http://here", "at 'namespace'"),
        ("{namespace: here, gateway: 'ftp://there'}", "at 'gateway'"),
        ("{namespace: here, gateway: 'http://user@there'}", "at 'gateway'"),
        ("{namespace: here, typo: 1}", "at 'typo'"),
        ("{namespace: [", "cannot be read"),
    ],
)
def test_a_malformed_environment_names_the_place(project, text, words):
    (project.root / FOLDER / "dev/environment.yaml").write_text(text)

    with pytest.raises(SettingsError, match=words):
        load_environment("dev", project.root)
