"""Backup, destruction and restore, with the commands that the chart's README gives."""

import re

import pytest

from slipway.errors import SlipwayError
from slipway.registry.aliases import promote
from slipway.registry.resolve import fetch_bundle
from tests.support.helm import kubectl
from tests.support.mlflow_release import NAME
from tests.support.register_once import register_once

DAMAGE = """
import pathlib
for path in pathlib.Path("/claim/objects").rglob("*"):
    if path.is_file() and path.stat().st_size:
        path.write_bytes(b"damaged" + path.read_bytes()[7:])
"""


@pytest.fixture
def backup(release, name):
    """Make a backup; gives its name."""
    succeeded, log = release.run_job("backup", f"backup-{name}")
    assert succeeded, log
    return re.search(r"as (\d{8}-\d{6})", log)[1]


def destroy(release, store):
    """Throw a store's volume away, and let it start anew with an empty one."""
    workload = f"statefulset/{NAME}-{store}"
    kubectl("scale", workload, "--replicas=0", "--namespace", release.namespace)
    kubectl("wait", f"pod/{NAME}-{store}-0", "--for=delete", "--timeout=120s", "--namespace", release.namespace)
    kubectl("delete", "pvc", f"data-{NAME}-{store}-0", "--namespace", release.namespace, "--timeout=120s")
    kubectl("scale", workload, "--replicas=1", "--namespace", release.namespace)
    release.wait_until_ready(store)


def test_what_was_destroyed_is_restored_by_one_command(release, settings, bundle, name, tmp_path, request):
    _, version = register_once(bundle, settings, name)
    promote(name, version, settings)
    made = request.getfixturevalue("backup")
    for store in ("postgresql", "seaweedfs"):
        destroy(release, store)
    afresh = settings.model_copy(update={"home": tmp_path / "another home"})
    with pytest.raises(SlipwayError):
        fetch_bundle(f"models:/{name}@champion", afresh)
    succeeded, log = release.run_job("restore", f"restore-{made}")
    assert succeeded, log
    found = fetch_bundle(f"models:/{name}@champion", afresh)
    assert (found.version, found.bundle.digest) == (version, bundle.digest)
    assert register_once(bundle, settings, name)[1] == version


def test_a_backup_that_is_not_there_is_answered_with_those_that_are(release, backup):
    succeeded, log = release.run_job("restore", "restore-20200101-000000")
    assert not succeeded
    assert re.search(rf"There is no backup 'restore-20200101-000000': expected one of .*{backup}", log)


def test_a_damaged_backup_changes_nothing(release, settings, bundle, name, request):
    register_once(bundle, settings, name)
    made = request.getfixturevalue("backup")
    assert release.run_python(f"damage-{name}", DAMAGE, claim=f"{NAME}-backups")[0]
    later = f"{name}-later"
    register_once(bundle, settings, later)
    succeeded, log = release.run_job("restore", f"damaged-{made}")
    assert not succeeded
    assert f"Backup {made} is damaged" in log
    assert fetch_bundle(f"models:/{later}/1", settings).bundle.digest == bundle.digest
