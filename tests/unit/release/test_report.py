from __future__ import annotations

import json

import pytest

from slipway.release.gate import judge
from slipway.release.report import SHOWN_SLICES
from slipway.release.slices import SliceComparison
from slipway.release.verdict import Blocking, Decision, RuleResult, Verdict, decide


@pytest.fixture(scope="module")
def verdict(unfair, timid, rows, policy):
    return judge(unfair, timid, rows, policy)


def table_row(report, start):
    return next(line for line in report.splitlines() if line.startswith(f"| {start}"))


def test_the_report_leads_with_the_decision_and_its_reason(verdict):
    lines = verdict.report().splitlines()
    assert lines[0] == "# Release gate: hold"
    assert lines[2] == verdict.summary
    assert lines[2].startswith(
        "Hold, judged on 3,000 rows: 1 slice is shown to be worse by more than 2.0%: carrier"
    )


def test_the_report_says_of_each_rule_whether_and_why(verdict):
    report = verdict.report()
    for result in verdict.rules:
        row = table_row(report, result.name)
        assert ("**failed: hold**" if not result.passed else "passed") in row
        assert result.detail in row


def test_the_report_holds_every_number(verdict):
    report = verdict.report()
    for result in verdict.rules:
        for name, value in result.numbers.items():
            assert f"| {result.name} | {name} | {value:.6g} |" in report


def test_the_report_ranks_slices_from_worst(verdict):
    report = verdict.report()
    slices = [line for line in report.splitlines() if line.startswith("| carrier = ")]
    assert slices[0].startswith("| carrier = UA")
    assert slices[0].endswith("| **worse** |")
    assert [line.endswith("| within the margin |") for line in slices[1:]] == [True, True]
    worst = next(entry for entry in verdict.slices if entry.worse)
    assert f"{worst.champion_loss:.4f} | {worst.challenger_loss:.4f} | {worst.change:+.2%}" in slices[0]


def test_the_report_states_the_error_rate_and_the_method(verdict):
    report = verdict.report()
    assert "chance of at most about 5.0%" in report
    assert "60 blocks of `day`" in report
    assert "max-T" in report


def test_both_digests_stand_in_the_report(verdict, truth, rows, policy):
    report = verdict.report()
    assert verdict.challenger_digest in report
    assert verdict.champion_digest in report
    assert "- Champion: none" in judge(truth, None, rows, policy).report()


def test_the_summary_of_a_promotion_says_by_how_much(truth, timid, rows, policy):
    promoted = judge(truth, timid, rows, policy)
    numbers = next(rule.numbers for rule in promoted.rules if rule.name == "better than the champion")
    assert promoted.summary == (
        f"Promote, judged on 3,000 rows: Mean log loss {numbers['challenger_loss']:.4f} is below the champion's "
        f"{numbers['champion_loss']:.4f} ({numbers['improvement'] / numbers['champion_loss']:.2%} lower)."
    )


def test_the_report_of_the_champion_itself_is_short(truth, rows, policy):
    report = judge(truth, truth, rows, policy).report()
    assert report.startswith(
        "# Release gate: unchanged\n\nUnchanged: the challenger is the champion, byte for byte."
    )
    assert "## Rules" not in report
    assert "How it was tested" not in report


def test_a_verdict_survives_json(verdict):
    text = verdict.to_json()
    assert Verdict.model_validate_json(text) == verdict
    assert json.loads(text)["decision"] == "hold"


def slice_entry(number, *, worse=False, p_value=0.5):
    return SliceComparison(
        column="dest",
        value=f"airport {number}",
        rows=300,
        blocks=30,
        champion_loss=1.0,
        challenger_loss=1.0 + number / 1000,
        p_value=p_value,
        worse=worse,
    )


def plain_verdict(*slices, rules=()):
    return Verdict(
        decision=Decision.HOLD,
        challenger_digest="sha256:" + "1" * 64,
        champion_digest="sha256:" + "2" * 64,
        error_rate=0.05,
        rows=3_000,
        blocks="60 blocks of `day`",
        rules=rules,
        slices=slices,
    )


def test_a_long_list_of_slices_is_cut_after_the_worse_ones():
    harmed = slice_entry(0, worse=True, p_value=0.001)
    report = plain_verdict(*(slice_entry(number) for number in range(1, 50)), harmed).report()
    shown = [line for line in report.splitlines() if line.startswith("| dest = ")]
    assert len(shown) == SHOWN_SLICES
    assert shown[0].startswith("| dest = airport 0 |")
    assert f"{50 - SHOWN_SLICES} more slices are not shown, none of them worse." in report


def test_no_worse_slice_is_ever_hidden():
    report = plain_verdict(*(slice_entry(number, worse=True, p_value=0.001) for number in range(60))).report()
    assert report.count("**worse**") == 60


def test_an_unjudged_slice_says_so():
    report = plain_verdict(slice_entry(3, p_value=None)).report()
    assert table_row(report, "dest = airport 3").endswith("|  | too small to judge |")


def test_a_pipe_in_a_slice_does_not_break_the_table():
    entry = slice_entry(1).model_copy(update={"value": "a|b"})
    assert "dest = a\\|b" in plain_verdict(entry).report()


def result(blocking, *, passed):
    return RuleResult(name="rule", passed=passed, blocking=blocking, detail="Found. Because.")


@pytest.mark.parametrize(
    ("results", "expected"),
    [
        ([], Decision.PROMOTE),
        ([result(Blocking.REFUSE, passed=True), result(Blocking.HOLD, passed=True)], Decision.PROMOTE),
        ([result(Blocking.HOLD, passed=False)], Decision.HOLD),
        ([result(Blocking.HOLD, passed=False), result(Blocking.REFUSE, passed=False)], Decision.REFUSE),
    ],
)
def test_the_gravest_failed_rule_decides(results, expected):
    assert decide(tuple(results)) is expected


def test_the_finding_is_the_first_sentence_of_the_detail():
    assert result(Blocking.HOLD, passed=False).finding == "Found"
