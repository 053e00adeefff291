"""The chart rendered with its defaults and the web page, and what upstream renders."""

from pathlib import Path

import pytest
import yaml

from tests.support.charts import FOLDER
from tests.support.helm import template

CHART = FOLDER / "kubeflow-pipelines"
SHARED = Path(__file__).resolve().parents[4] / "shared"


@pytest.fixture(scope="session")
def render_with():
    """Render the chart with options of helm."""

    def render(*options):
        return template(CHART, [], "kfp", "pipelines", *options)

    return render


@pytest.fixture(scope="session")
def objects(render_with):
    return render_with("--set", "ui.enabled=true")


@pytest.fixture(scope="session")
def upstream():
    """The objects of upstream's manifests of the same version."""
    return _read(SHARED / "upstream/kubeflow-pipelines-2.17.0-env-plain.yaml")


@pytest.fixture(scope="session")
def definitions():
    """Upstream's definitions of custom resources, by name."""
    files = [SHARED / f"crds/{name}.yaml" for name in ("argo-workflows", "kubeflow-pipelines")]
    return {one["metadata"]["name"]: one["spec"] for path in files for one in _read(path)}


def _read(path):
    if not path.is_file():
        pytest.skip(f"upstream's manifests are not beside this checkout ({path.name})")
    return [one for one in yaml.load_all(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader) if one]
