import re
from pathlib import Path
from typing import Any

import pytest

from tests.benchmarks.serving.report import goal_table, page, rate_table, write_report
from tests.benchmarks.serving.results import Fault, Results, Sample, Spread, Start

FACTS: dict[str, Any] = {
    "date": "2026-01-02",
    "processor": "A processor",
    "cores": 2,
    "rounds": 2,
    "seconds": 5.0,
    "versions": {"wrk": "4.1.0"},
    "models": {"tab": {"about": "trees", "rows": 8, "connections": 32, "threads": 1}},
    "peers": {"kserve": {"version": "1.0", "about": "stock"}},
}


@pytest.fixture
def results() -> Results:
    return Results(
        FACTS,
        [
            Sample("tab", "raw", "json", 1000),
            Sample("tab", "slipway", "json", 600, raw=1000, p50_ms=1.0, p99_ms=1.5),
            Sample("tab", "raw", "json", 500),
            Sample("tab", "slipway", "json", 200, raw=500, p50_ms=1.2, p99_ms=3.5),
            Sample("tab", "kserve", "json", 10, p50_ms=30, p99_ms=60),
        ],
        [Start("tab", "slipway", 0.4, 60_000_000, 90_000_000)],
        [Fault("tab", "kserve", "grpc", "refused\nsecond line")],
    )


def test_ratios_are_to_the_limit_measured_just_before(results: Results) -> None:
    assert results.ratio("tab", "slipway", "json") == Spread(0.5, 0.4, 0.6)


def test_ratios_of_peers_are_to_the_median_limit(results: Results) -> None:
    assert results.ratio("tab", "kserve", "json") == Spread(10 / 750, 10 / 750, 10 / 750)


def test_goals_tell_what_was_reached_and_what_was_not(results: Results) -> None:
    rows = {
        line.split("|")[1].strip(): line.split("|")[4].strip() for line in goal_table(results).splitlines()[2:]
    }
    assert rows == {
        "tab, json: of raw": "✓",
        "tab, json: times stock KServe": "✗",
        "tab, json: p99 in ms": "✗",
        "tab: memory under load in MB (PSS)": "✗",
        "tab: seconds from start to ready": "✓",
    }


def test_rates_show_medians_and_ranges(results: Results) -> None:
    assert re.search(
        r"\| tab +\| slipway +\| json +\| 400 \(200 to 600\) +\| 0\.50 \(0\.40 to 0\.60\)", rate_table(results)
    )


def test_the_page_says_what_was_not_measured_in_one_line(results: Results) -> None:
    assert "- tab kserve grpc: refused\n" in page(results)
    assert "second line" not in page(results)


def test_a_report_can_be_drawn_again_from_its_numbers(results: Results, tmp_path: Path) -> None:
    write_report(results, tmp_path / "first")
    write_report(Results.read(tmp_path / "first/serving.json"), tmp_path / "again")
    for name in ("serving.md", "serving.json", "serving.svg"):
        assert (tmp_path / "first" / name).read_bytes() == (tmp_path / "again" / name).read_bytes()
