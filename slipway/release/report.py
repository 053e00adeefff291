"""The gate's report: Markdown for the person who asks why."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from slipway.release.slices import SliceComparison
    from slipway.release.verdict import RuleResult, Verdict

SHOWN_SLICES = 30


def verdict_report(verdict: Verdict) -> str:
    """Write the verdict: decision and reason, rules, their numbers, slices from worst to best."""
    sections = [
        f"# Release gate: {verdict.decision}",
        verdict.summary,
        _sides(verdict),
        _rules(verdict.rules),
        _numbers(verdict.rules),
        _slices(verdict.slices),
        _method(verdict),
    ]
    return "\n\n".join(section for section in sections if section) + "\n"


def _sides(verdict: Verdict) -> str:
    champion = f"`{verdict.champion_digest}`" if verdict.champion_digest else "none"
    return "\n".join(
        (
            f"- Challenger: `{verdict.challenger_digest}`",
            f"- Champion: {champion}",
            f"- Judged on: {verdict.rows:,} held-out rows",
        )
    )


def _rules(rules: tuple[RuleResult, ...]) -> str:
    if not rules:
        return ""
    rows = [(rule.name, _outcome(rule), rule.detail) for rule in rules]
    return "## Rules\n\n" + _table(("rule", "outcome", "why"), rows)


def _outcome(rule: RuleResult) -> str:
    return "passed" if rule.passed else f"**failed: {rule.blocking}**"


def _numbers(rules: tuple[RuleResult, ...]) -> str:
    rows = [(rule.name, name, f"{value:.6g}") for rule in rules for name, value in rule.numbers.items()]
    return "## Numbers\n\n" + _table(("rule", "number", "value"), rows) if rows else ""


def _slices(slices: tuple[SliceComparison, ...]) -> str:
    if not slices:
        return ""
    ranked = sorted(slices, key=lambda entry: (not entry.worse, entry.p_value is None, -entry.change))
    shown = max(SHOWN_SLICES, sum(entry.worse for entry in slices))
    rows = [_slice_row(entry) for entry in ranked[:shown]]
    header = ("slice", "rows", "champion's loss", "challenger's loss", "change", "p", "outcome")
    table = "## Slices\n\n" + _table(header, rows)
    hidden = len(slices) - len(rows)
    return f"{table}\n\n{hidden} more slices are not shown, none of them worse." if hidden else table


def _slice_row(entry: SliceComparison) -> tuple[str, ...]:
    judged = entry.p_value is not None
    return (
        entry.name,
        f"{entry.rows:,}",
        f"{entry.champion_loss:.4f}",
        f"{entry.challenger_loss:.4f}",
        f"{entry.change:+.2%}",
        f"{entry.p_value:.4f}" if judged else "",
        ("**worse**" if entry.worse else "within the margin") if judged else "too small to judge",
    )


def _method(verdict: Verdict) -> str:
    if not verdict.rules:
        return ""
    return (
        "## How it was tested\n\n"
        f"Paired, one-sided, on {verdict.blocks}: the larger p-value of a sign-flip test and a cluster "
        "bootstrap-t, so a model that is no better is promoted with a chance of at most about "
        f"{verdict.error_rate:.1%}. "
        "Slices are tested together against the largest of them in each resample (Westfall and Young's max-T)."
    )


def _table(header: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [f"| {' | '.join(header)} |", f"|{'---|' * len(header)}"]
    lines += [f"| {' | '.join(_cell(text) for text in row)} |" for row in rows]
    return "\n".join(lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
