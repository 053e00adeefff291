"""What checkov finds in the charts is nothing, or argued in `checkov.yaml`."""

import fnmatch
import json
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.support.charts import NAMESPACE, ROOT, cases, render
from tests.support.environments import PackagesError, environment
from tests.support.helm import TOOLS

pytestmark = pytest.mark.slow

EXCEPTIONS = ROOT / "tests/charts/checkov.yaml"


@pytest.fixture(scope="module")
def findings(folder_of, tmp_path_factory):
    """Every failed check, as its id and the chart and object it is about."""
    folder = tmp_path_factory.mktemp("rendered")
    for case in cases():
        installed = [_in_namespace(one) for one in render(case, folder_of(case.chart))]
        text = yaml.safe_dump_all(installed)
        (folder / f"{case}.yaml").write_text(text, encoding="utf-8")
    reported = json.loads(_checkov("--directory", str(folder), "--framework", "kubernetes", "--output", "json"))
    failed = reported["results"]["failed_checks"]
    return {(one["check_id"], f"{Path(one['file_path']).stem}: {one['resource']}") for one in failed}


def _checkov(*options):
    try:
        python = environment(TOOLS / "checkov.txt")
    except PackagesError as error:
        pytest.skip(f"{error}\nRun this once where a package index can be reached: it is kept in .venv/clients.")
    command = [str(python), "-m", "checkov.main", "--compact", "--skip-download", "--soft-fail"]
    done = subprocess.run([*command, *options], capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def exceptions():
    return yaml.safe_load(EXCEPTIONS.read_text(encoding="utf-8"))


def test_every_finding_is_argued(findings, exceptions):
    assert [one for one in sorted(findings) if not any(_covers(each, one) for each in exceptions)] == []


def test_every_exception_is_needed_and_says_why(findings, exceptions):
    for one in exceptions:
        assert one["because"]
        assert any(_covers(one, finding) for finding in findings), one["check"]


def _in_namespace(one):
    """As Helm installs it."""
    return {**one, "metadata": {"namespace": NAMESPACE, **one["metadata"]}}


def _covers(exception, finding):
    check, where = finding
    return exception["check"] == check and any(fnmatch.fnmatch(where, pattern) for pattern in exception["objects"])
