"""The verdict: what the gate decided, and why in words and numbers."""

from __future__ import annotations

import json
from enum import StrEnum

from pydantic import Field

from slipway.errors import GateError
from slipway.frozen import Frozen
from slipway.release.report import verdict_report
from slipway.release.slices import SliceComparison

BEATS_TRIVIAL_MODEL = "beats the trivial model"
BETTER_THAN_CHAMPION = "better than the champion"


class Decision(StrEnum):
    """What happens to the challenger."""

    PROMOTE = "promote"
    HOLD = "hold"
    REFUSE = "refuse"
    UNCHANGED = "unchanged"


class Blocking(StrEnum):
    """What a failed rule does: refuse the model, or keep it registered but not released."""

    REFUSE = "refuse"
    HOLD = "hold"


class RuleResult(Frozen):
    """One rule's finding."""

    name: str
    passed: bool
    blocking: Blocking
    detail: str
    numbers: dict[str, float] = Field(default_factory=dict)

    @property
    def finding(self) -> str:
        """Return the detail's first sentence; those after it are the evidence."""
        return self.detail.split(". ")[0].rstrip(".")


class Verdict(Frozen):
    """The decision on one challenger.

    UNCHANGED means that the challenger is the champion, byte for byte: nothing is to be released,
    and nothing is wrong.
    """

    decision: Decision
    challenger_digest: str
    champion_digest: str | None
    error_rate: float = Field(description="largest chance of promoting a model that is no better")
    rows: int = Field(description="held-out rows that both were judged on")
    blocks: str = Field(description="what the test resampled, in words")
    rules: tuple[RuleResult, ...] = ()
    slices: tuple[SliceComparison, ...] = ()

    @property
    def failed_rules(self) -> tuple[RuleResult, ...]:
        """The rules that decided against the challenger, refusals first."""
        failed = [result for result in self.rules if not result.passed]
        return tuple(sorted(failed, key=lambda result: result.blocking is not Blocking.REFUSE))

    @property
    def summary(self) -> str:
        """One sentence: the decision and its reason."""
        if self.decision is Decision.UNCHANGED:
            return "Unchanged: the challenger is the champion, byte for byte."
        reasons = "; ".join(result.finding for result in self._deciding_rules)
        return f"{self.decision.capitalize()}, judged on {self.rows:,} rows: {reasons}."

    @property
    def _deciding_rules(self) -> tuple[RuleResult, ...]:
        decisive = BETTER_THAN_CHAMPION if self.champion_digest else BEATS_TRIVIAL_MODEL
        return self.failed_rules or tuple(result for result in self.rules if result.name == decisive)

    def report(self) -> str:
        """Write the verdict as Markdown: decision, rules, numbers, slices."""
        return verdict_report(self)

    def to_json(self) -> str:
        """JSON with sorted keys."""
        return json.dumps(self.model_dump(mode="json"), indent=2, sort_keys=True) + "\n"

    def require_not_refused(self) -> None:
        """Raise GateError when the challenger was refused; held and unchanged are no errors."""
        if self.decision is Decision.REFUSE:
            raise GateError(
                f"The gate refuses {self.challenger_digest[:19]}: {self.summary}",
                cure="Read the gate's report; change the model, or the policy if a budget is what is wrong.",
            )


def decide(rules: tuple[RuleResult, ...]) -> Decision:
    """One failed refusal refuses, one failed hold holds, else promote."""
    failed = {result.blocking for result in rules if not result.passed}
    if Blocking.REFUSE in failed:
        return Decision.REFUSE
    return Decision.HOLD if Blocking.HOLD in failed else Decision.PROMOTE
