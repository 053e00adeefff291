"""Every chart, with every values file for its tests, is one that the API server takes."""

from tests.support.charts import RELEASE, copy_with_dependencies
from tests.support.cluster import apply
from tests.support.helm import template


def test_the_server_takes_every_object(case, namespace, tmp_path):
    folder = copy_with_dependencies(case.chart, tmp_path / "charts")
    apply(template(folder, [case.values], RELEASE, namespace), namespace, "--dry-run=server", "--validate=strict")
