"""The gate: challenger against champion on the same held-out rows."""

from __future__ import annotations

import logging

import pyarrow as pa

from slipway.bundle.bundle import Bundle
from slipway.release import champion_rules  # noqa: F401 (registers its rules)
from slipway.release.case import Case
from slipway.release.contender import Contender, require_whole
from slipway.release.held_out import HeldOut
from slipway.release.policy import GatePolicy
from slipway.release.rules import RULES
from slipway.release.verdict import Decision, Verdict, decide

logger = logging.getLogger(__name__)


def judge(
    challenger: Bundle,
    champion: Bundle | None,
    rows: pa.Table,
    policy: GatePolicy,
    *,
    training_mean: float | None = None,
) -> Verdict:
    """Decide whether the challenger takes the champion's place.

    The task (target, slices, block column) is the challenger's own. Everything but the measured
    latency is the same for the same bundles, rows and policy.

    Args:
        challenger: the bundle that would be released.
        champion: the bundle that is; None before the first release.
        rows: held-out rows with features, target, slice columns and the block column.
        policy: error rates, margins and budgets.
        training_mean: the target's mean (for classes the base rate) in the training rows, which
            the trivial model answers; without it, the mean of the judged rows, which is harder to beat.

    Raises:
        GateError: the rows cannot carry a judgement (none, one class, too few blocks, a column
            missing), a bundle is damaged, or a model cannot answer the rows; names which and what to do.
    """
    require_whole("challenger", challenger)
    if champion is not None:
        require_whole("champion", champion)
        if champion.digest == challenger.digest:
            return _unchanged(challenger, rows, policy)
    held_out = HeldOut.of(rows, challenger.evaluation.task, minimum_blocks=policy.minimum_blocks)
    incumbent = Contender.load("champion", champion) if champion is not None else None
    return _judge_case(Case(Contender.load("challenger", challenger), incumbent, held_out, policy, training_mean))


def _unchanged(challenger: Bundle, rows: pa.Table, policy: GatePolicy) -> Verdict:
    return Verdict(
        decision=Decision.UNCHANGED,
        challenger_digest=challenger.digest,
        champion_digest=challenger.digest,
        error_rate=policy.error_rate,
        rows=rows.num_rows,
        blocks="",
    )


def _judge_case(case: Case) -> Verdict:
    results = tuple(rule.apply(case) for rule in RULES)
    verdict = Verdict(
        decision=decide(results),
        challenger_digest=case.challenger.bundle.digest,
        champion_digest=case.champion.bundle.digest if case.champion else None,
        error_rate=case.policy.error_rate,
        rows=case.held_out.rows.num_rows,
        blocks=case.held_out.block_words,
        rules=results,
        slices=case.slices,
    )
    logger.info("%s", verdict.summary)
    return verdict
