"""The end of a pipeline run: judge the bundle, record the run, register the version, move the aliases."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from slipway.bundle.bundle import Bundle
from slipway.data.dataset import Dataset
from slipway.errors import GateError, UsageError
from slipway.parsing import parse
from slipway.registry.aliases import promote
from slipway.registry.catalogue import list_models, resolve_alias
from slipway.registry.record import CandidateRecord, RunRecord, TrialRecord
from slipway.registry.recorder import record_run
from slipway.registry.resolve import fetch_bundle
from slipway.registry.tags import CHAMPION
from slipway.registry.versions import register_bundle
from slipway.release.gate import judge
from slipway.release.policy import GatePolicy
from slipway.release.verdict import Decision, Verdict
from slipway.settings import Settings
from slipway.training.search import SearchResult
from slipway.training.selection import Selection

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class JudgedOutputs:
    """Where the steps before registration wrote."""

    bundle: Path
    selection: Path
    verdict: Path
    report: Path


@dataclass(frozen=True)
class Release:
    """What a pipeline run ends with."""

    uri: str
    version: str
    decision: Decision


def judge_against_champion(
    bundle: Path, held_out: Path, name: str, policy: dict[str, Any], settings: Settings
) -> Verdict:
    """Judge a bundle against the registered champion, or alone when there is none.

    Raises:
        UsageError: the policy is malformed.
        GateError: the rows cannot decide, or a bundle is damaged.
        TrackingUnreachableError: the registry does not answer.
    """
    champion = _champion(name, settings)
    rows = Dataset.open(held_out).read()
    verdict = judge(Bundle.open(bundle), champion, rows, _parse_policy(policy))
    logger.info("%s", verdict.summary)
    return verdict


def publish(outputs: JudgedOutputs, *, name: str, settings: Settings) -> Release:
    """Record the run and do what the verdict says; done twice, it changes nothing.

    Raises:
        GateError: the verdict is to refuse. The run is recorded with it; nothing is registered.
        TrackingUnreachableError: the registry does not answer; run again when it does.
    """
    bundle = Bundle.open(outputs.bundle)
    verdict = Verdict.model_validate_json(outputs.verdict.read_text(encoding="utf-8"))
    _require_same(bundle, verdict)
    if verdict.decision is Decision.UNCHANGED:
        # Its run keeps the verdict that promoted it: that is what `slipway why` must tell.
        champion = resolve_alias(name, CHAMPION, settings)
        return Release(f"models:/{name}/{champion.version}", champion.version, verdict.decision)
    run_id = record_run(_record(outputs, bundle, verdict, name), settings)
    if verdict.decision is Decision.REFUSE:
        raise GateError(
            f"The gate refused '{name}': {verdict.summary}",
            cure=f"Read the report of run {run_id}; nothing was registered and the champion is untouched.",
        )
    registered = register_bundle(name, bundle, run_id, settings)
    if verdict.decision is Decision.PROMOTE:
        promote(name, registered.version, settings)
    return Release(
        uri=f"models:/{name}/{registered.version}", version=registered.version, decision=verdict.decision
    )


def _champion(name: str, settings: Settings) -> Bundle | None:
    standing = {model.name: model for model in list_models(settings)}.get(name)
    if standing is None or CHAMPION not in standing.aliases:
        return None
    return fetch_bundle(f"models:/{name}@{CHAMPION}", settings).bundle


def _require_same(bundle: Bundle, verdict: Verdict) -> None:
    if verdict.challenger_digest != bundle.digest:
        raise GateError(
            "The verdict is about another bundle",
            expected=bundle.digest,
            got=verdict.challenger_digest,
            cure="Run the pipeline again: judge and register the same bundle.",
        )


def _parse_policy(content: dict[str, Any]) -> GatePolicy:
    cure = "Correct the pipeline's policy."
    return parse(GatePolicy, content, what="The gate's policy", error=UsageError, cure=cure)


def _record(outputs: JudgedOutputs, bundle: Bundle, verdict: Verdict, name: str) -> RunRecord:
    selection = Selection.model_validate_json(outputs.selection.read_text(encoding="utf-8"))
    return RunRecord(
        name=f"{name} {bundle.digest.removeprefix('sha256:')[:8]}",
        pipeline=bundle.lineage.pipeline,
        parameters=bundle.lineage.parameters,
        metrics=bundle.evaluation.metrics,
        candidates=[_candidate(result) for result in selection.results],
        bundle=bundle,
        verdict=verdict.summary,
        reports={"gate.md": outputs.report, "gate.json": outputs.verdict},
    )


def _candidate(result: SearchResult) -> CandidateRecord:
    trials = tuple(
        TrialRecord(number=number, score=trial.score, parameters=trial.params)
        for number, trial in enumerate(result.trials)
    )
    metrics = {f"validation_{result.objective}": result.score}
    return CandidateRecord(name=result.candidate, parameters=result.params, metrics=metrics, trials=trials)
