"""Every chart is one that Helm has nothing to say about, and that says what it is."""

import pytest

from tests.support.charts import FOLDER, read_yaml
from tests.support.helm import lint


def test_helm_has_nothing_to_say(case, folder_of):
    lint(folder_of(case.chart), [case.values])


def test_a_chart_has_values_for_its_tests(chart):
    assert list((FOLDER / chart / "ci").glob("*-values.yaml"))


@pytest.mark.parametrize("key", ["description", "version", "appVersion", "kubeVersion"])
def test_a_chart_says_what_it_is(chart, key):
    assert read_yaml(FOLDER / chart / "Chart.yaml")[key]
