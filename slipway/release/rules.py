"""The gate's rules: each looks at the case and says in words and numbers whether it is satisfied."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from slipway.release.case import Case
from slipway.release.verdict import BEATS_TRIVIAL_MODEL, Blocking, RuleResult

_BYTES_IN_MB = 1e6


@dataclass(frozen=True)
class Finding:
    """What a rule found; `detail` is one or more whole sentences."""

    passed: bool
    detail: str
    numbers: dict[str, float] = field(default_factory=dict)


Check = Callable[[Case], Finding]


@dataclass(frozen=True)
class Rule:
    """A named check and what its failure does to the release."""

    name: str
    blocking: Blocking
    check: Check

    def apply(self, case: Case) -> RuleResult:
        """Check the case."""
        finding = self.check(case)
        return RuleResult(
            name=self.name,
            passed=finding.passed,
            blocking=self.blocking,
            detail=finding.detail,
            numbers=finding.numbers,
        )


RULES: list[Rule] = []


def rule(name: str, *, blocking: Blocking) -> Callable[[Check], Check]:
    """Register a rule; rules are applied in the order of registration."""

    def register(check: Check) -> Check:
        RULES.append(Rule(name, blocking, check))
        return check

    return register


@rule("parity passed", blocking=Blocking.REFUSE)
def parity_passed(case: Case) -> Finding:
    """Require that ONNX Runtime answers like the framework that trained the model."""
    parity = case.challenger.bundle.parity
    numbers = {
        "rows": float(parity.held_out.rows),
        "max_absolute_error": parity.held_out.max_absolute_error,
        "label_agreement": parity.held_out.label_agreement,
    }
    if not parity.passed:
        reasons = "; ".join(parity.reasons)
        return Finding(False, f"{parity.runtime} does not answer like {parity.framework}: {reasons}.", numbers)
    return Finding(
        True,
        f"{parity.runtime} answers like {parity.framework} on {parity.held_out.rows:,} held-out rows: largest "
        f"absolute error {parity.held_out.max_absolute_error:.1e}, {parity.held_out.label_agreement:.2%} equal "
        "labels.",
        numbers,
    )


@rule(BEATS_TRIVIAL_MODEL, blocking=Blocking.REFUSE)
def beats_trivial_model(case: Case) -> Finding:
    """Show that the challenger loses less, on average, than a model that looks at no feature."""
    test, loss = case.against_trivial, case.loss
    trivial, own = float(case.trivial_losses.mean()), float(case.challenger_losses.mean())
    verb = "is below" if test.significant else "is not shown to be below"
    detail = (
        f"Mean {loss.name} {own:.4f} {verb} the {trivial:.4f} of {loss.trivial_name}. "
        f"p = {test.p_value:.4f}, limit {test.error_rate:g}, over {case.held_out.block_words}."
    )
    numbers = {"challenger_loss": own, "trivial_loss": trivial, "p_value": test.p_value}
    return Finding(test.significant, detail, numbers)


@rule("model size within budget", blocking=Blocking.REFUSE)
def model_size_within_budget(case: Case) -> Finding:
    """Keep the ONNX file small enough to pull and to hold in memory."""
    size, budget = case.challenger.bundle.model_size_bytes / _BYTES_IN_MB, case.policy.model_size_budget_mb
    detail = f"The model takes {size:.3g} MB of a budget of {budget:g} MB."
    return Finding(size <= budget, detail, {"size_mb": size, "budget_mb": budget})


@rule("latency within budget", blocking=Blocking.REFUSE)
def latency_within_budget(case: Case) -> Finding:
    """Require that one-row requests are fast enough, network and JSON left out."""
    latency, budget = case.latency, case.policy.latency_budget_ms
    detail = (
        f"99 % of one-row requests take at most {latency.p99_ms:.3g} ms, half of them {latency.p50_ms:.3g} ms, "
        f"of a budget of {budget:g} ms: {latency.requests} requests on one thread, the quietest of "
        f"{latency.rounds} rounds."
    )
    numbers = {"p50_ms": latency.p50_ms, "p99_ms": latency.p99_ms, "budget_ms": budget}
    return Finding(latency.p99_ms <= budget, detail, numbers)
