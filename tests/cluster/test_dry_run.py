"""Every chart, with every values file for its tests, is one that the API server takes."""

from tests.support.charts import RELEASE, copy_with_dependencies, objects_of
from tests.support.cluster import apply
from tests.support.helm import template


def test_the_server_takes_every_object(case, namespace, tmp_path):
    folder = copy_with_dependencies(case.chart, tmp_path / "charts")
    rendered = tuple(template(folder, [case.values], RELEASE, namespace))
    # A pod is not taken before its ServiceAccount is there, and a dry run leaves none.
    accounts = [one for one in objects_of(rendered, "ServiceAccount") if _is_of(one, namespace)]
    if accounts:
        apply(accounts, namespace)
    apply(rendered, namespace, "--dry-run=server", "--validate=strict")


def _is_of(one, namespace):
    return one["metadata"].get("namespace", namespace) == namespace
