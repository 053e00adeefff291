"""The platform, rendered as Argo CD does."""

import pytest

from tests.support.charts import ROOT, read_yaml
from tests.support.helm import template

PLATFORM = ROOT / "infra/platform"
REPOSITORY = {"repository.url": "https://git.example.com/us/slipway.git", "repository.revision": "main"}


@pytest.fixture(scope="session")
def values():
    return read_yaml(PLATFORM / "values.yaml")


@pytest.fixture(scope="session")
def root():
    return read_yaml(PLATFORM / "root.yaml")


@pytest.fixture(scope="session")
def rendered():
    """What the root Application brings."""
    settings = ",".join(f"{key}={value}" for key, value in REPOSITORY.items())
    return tuple(template(PLATFORM, [], "platform", "argocd", "--set", settings))
