"""Every chart, copied once with what it depends on, and rendered once for each of its values files."""

import pytest

from tests.support.charts import Case, cases, charts, copy_with_dependencies, render


@pytest.fixture(scope="session")
def folder_of(tmp_path_factory):
    """Where a chart lies with its dependencies beside it."""
    folders = {}

    def folder(chart):
        if chart not in folders:
            folders[chart] = copy_with_dependencies(chart, tmp_path_factory.mktemp("charts") / "charts")
        return folders[chart]

    return folder


@pytest.fixture
def chart_folder(chart, folder_of):
    return folder_of(chart)


@pytest.fixture
def rendered(case: Case, folder_of):
    return render(case, folder_of(case.chart))


def pytest_generate_tests(metafunc):
    if "case" in metafunc.fixturenames:
        metafunc.parametrize("case", cases(), ids=str)
    elif "chart" in metafunc.fixturenames:
        metafunc.parametrize("chart", charts())
