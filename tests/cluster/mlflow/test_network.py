"""Only what has the label reaches the stores; nobody reaches the filer behind the S3 interface."""

import pytest

from tests.support.mlflow_release import NAME

# Policies reach a new pod within seconds; what is allowed is asked until then, what is refused every time.
CONNECT = """
import socket, sys, time
for _ in range({tries}):
    try:
        socket.create_connection(("{host}", {port}), timeout=3).close()
        sys.exit(0)
    except OSError as error:
        last = error
    time.sleep(1)
sys.exit(str(last))
"""
ALLOWED = {
    "app.kubernetes.io/name": NAME,
    "app.kubernetes.io/instance": NAME,
    "slipway.dev/mlflow-stores": "allowed",
}


@pytest.mark.parametrize(("store", "port"), [("postgresql", 5432), ("seaweedfs", 8333)])
def test_a_store_takes_only_pods_with_the_label(release, store, port):
    code = CONNECT.format(host=f"{NAME}-{store}", port=port, tries=20)
    assert release.run_python(f"allowed-{store}", code, ALLOWED)[0]
    succeeded, log = release.run_python(
        f"refused-{store}", CONNECT.format(host=f"{NAME}-{store}", port=port, tries=6)
    )
    assert not succeeded
    assert "refused" in log or "timed out" in log


def test_the_label_of_another_release_does_not_help(release):
    code = CONNECT.format(host=f"{NAME}-postgresql", port=5432, tries=6)
    assert not release.run_python("other-release", code, {**ALLOWED, "app.kubernetes.io/instance": "other"})[0]
