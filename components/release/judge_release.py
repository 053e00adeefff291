"""Stage 7: challenger against champion on the same held-out rows."""

from kfp import dsl
from kfp.dsl import Artifact, Dataset, Input, Markdown, Model, Output


@dsl.component(base_image="python:3.11-slim", target_image="slipway-release", install_kfp_package=False)
def judge_release(
    bundle: Input[Model],
    test: Input[Dataset],
    name: str,
    policy: dict,
    verdict: Output[Artifact],
    report: Output[Markdown],
) -> str:
    """Judge a bundle against the registered champion and return the decision.

    Args:
        bundle: the challenger.
        test: rows that neither model learned from.
        name: the registered model's name.
        policy: budgets, margins and the error rate, as in `docs/gate.md`.
        verdict: the decision with every rule.
        report: why, in words and numbers.
    """
    from pathlib import Path

    from slipway.release.publish import judge_against_champion
    from slipway.settings import load_settings
    from slipway.storage import write_whole

    judged = judge_against_champion(Path(bundle.path), Path(test.path), name, policy, load_settings())
    write_whole(Path(verdict.path), judged.model_dump_json(indent=2))
    write_whole(Path(report.path), judged.report())
    return str(judged.decision)
