"""The rules that set the challenger against the champion; without a champion they are satisfied."""

from __future__ import annotations

from slipway.onnx.signature import DYNAMIC, ModelSignature, TensorSpec
from slipway.release.case import Case
from slipway.release.paired_test import PairedTest
from slipway.release.rules import Finding, rule
from slipway.release.slices import SliceComparison
from slipway.release.verdict import BETTER_THAN_CHAMPION, Blocking

_NO_CHAMPION = Finding(True, "There is no champion yet: this would be the first release.")
_NAMED_SLICES = 5


@rule("fits the champion's callers", blocking=Blocking.HOLD)
def fits_champions_callers(case: Case) -> Finding:
    """Require that callers of the champion can call the challenger, for the same question."""
    if case.champion is None:
        return _NO_CHAMPION
    if case.obstacle:
        return Finding(False, f"The two cannot be compared: {case.obstacle}.")
    changes = signature_changes(case.champion.bundle.signature, case.challenger.bundle.signature)
    if changes:
        return Finding(False, f"The champion's callers would break: {'; '.join(changes)}.")
    count = len(case.champion.bundle.signature.inputs)
    return Finding(True, f"It takes the champion's {count} inputs and no others, and gives the same outputs.")


@rule(BETTER_THAN_CHAMPION, blocking=Blocking.HOLD)
def better_than_champion(case: Case) -> Finding:
    """Show that the challenger loses less than the champion, on average, by what the policy asks."""
    if case.champion is None:
        return _NO_CHAMPION
    test, champion_losses = case.against_champion, case.champion_losses
    if test is None or champion_losses is None:
        return Finding(False, f"Not tested: {case.obstacle}.")
    champion, own = float(champion_losses.mean()), float(case.challenger_losses.mean())
    numbers = {
        "challenger_loss": own,
        "champion_loss": champion,
        "improvement": champion - own,
        "gain": test.mean,
        "gain_lower_bound": test.lower_bound,
        "gain_standard_error": test.standard_error,
        "p_value": test.p_value,
        "blocks": float(test.blocks),
    }
    return Finding(test.significant, _comparison_words(case, test, champion, own), numbers)


@rule("no slice worse than the margin", blocking=Blocking.HOLD)
def no_slice_worse(case: Case) -> Finding:
    """Require that no slice's mean loss is shown to exceed the champion's by more than the margin."""
    if case.champion is None:
        return _NO_CHAMPION
    if case.champion_losses is None:
        return Finding(False, f"Not tested: {case.obstacle}.")
    judged = [entry for entry in case.slices if entry.p_value is not None]
    worse = sorted((entry for entry in judged if entry.worse), key=lambda entry: -entry.change)
    numbers = {
        "slices": float(len(case.slices)),
        "slices_judged": float(len(judged)),
        "slices_worse": float(len(worse)),
    }
    return Finding(not worse, _slice_words(case, judged, worse), numbers)


def signature_changes(old: ModelSignature, new: ModelSignature) -> list[str]:
    """Say in words what would break a caller of `old` that calls `new`; a wider output would not.

    Inputs must be the same: a server refuses a request that lacks one or has one too many.
    """
    before = {spec.name: spec for spec in old.inputs}
    after = {spec.name: spec for spec in new.inputs}
    answers = {spec.name: spec for spec in new.outputs}
    changes = [f"input {name} is new" for name in after if name not in before]
    changes += [f"input {name} is gone" for name in before if name not in after]
    changes += [
        f"input {name} is {_words(after[name])} instead of {_words(spec)}"
        for name, spec in before.items()
        if name in after and not _takes(after[name], spec)
    ]
    changes += [f"output {spec.name} is gone" for spec in old.outputs if spec.name not in answers]
    changes += [
        f"output {spec.name} is {_words(answers[spec.name])} instead of {_words(spec)}"
        for spec in old.outputs
        if spec.name in answers and not _reads_alike(answers[spec.name], spec)
    ]
    return changes


def _takes(new: TensorSpec, old: TensorSpec) -> bool:
    return (
        new.datatype is old.datatype
        and len(new.shape) == len(old.shape)
        and all(size in (DYNAMIC, was) for size, was in zip(new.shape, old.shape, strict=True))
    )


def _reads_alike(new: TensorSpec, old: TensorSpec) -> bool:
    return new.datatype is old.datatype and len(new.shape) == len(old.shape)


def _words(spec: TensorSpec) -> str:
    return f"{spec.datatype} {list(spec.shape)}"


def _comparison_words(case: Case, test: PairedTest, champion: float, own: float) -> str:
    asked = case.policy.minimum_improvement
    if own == champion and test.standard_error == 0 and not asked:
        return f"It has the champion's {case.loss.name} on each of {test.rows:,} rows, so nothing is gained."
    verb = "is below" if test.significant else "is not shown to be below"
    goal = f"the champion's {champion:.4f}" + (f" less the {asked:.1%} asked for" if asked else "")
    beyond = " beyond what is asked" if asked else ""
    return (
        f"Mean {case.loss.name} {own:.4f} {verb} {goal} ({_change_words(own, champion)}). "
        f"The gain{beyond} is {test.mean:.4g}, at least {test.lower_bound:.4g} with {1 - test.error_rate:.0%} "
        f"confidence; p = {test.p_value:.4f}, limit {test.error_rate:g}, over {case.held_out.block_words}."
    )


def _change_words(own: float, champion: float) -> str:
    if own == champion:
        return "the same"
    if champion == 0:
        return "higher"
    share = (own - champion) / champion
    return f"{abs(share):.2%} {'higher' if share > 0 else 'lower'}"


def _slice_words(case: Case, judged: list[SliceComparison], worse: list[SliceComparison]) -> str:
    policy = case.policy
    if not case.slices:
        return "The task names no slices."
    named = ", ".join(
        f"{entry.name} ({entry.change:+.1%}, {entry.rows:,} rows, p = {entry.p_value:.4f})"
        for entry in worse[:_NAMED_SLICES]
    )
    more = f" and {len(worse) - _NAMED_SLICES} more" if len(worse) > _NAMED_SLICES else ""
    finding = f"shown to be worse by more than {policy.slice_margin:.1%}"
    finding = f"{_count(worse)} {finding}: {named}{more}" if worse else f"No slice is {finding}"
    method = (
        f"{len(judged)} of {len(case.slices)} slices were tested together (max-T), the chance of any false alarm "
        f"at most {policy.slice_error_rate:g}"
    )
    unjudged = len(case.slices) - len(judged)
    rest = f"; {unjudged} are too small (below {policy.minimum_slice_rows} rows or {policy.minimum_blocks} blocks)"
    return f"{finding}. {method}{rest if unjudged else ''}."


def _count(slices: list[SliceComparison]) -> str:
    return "1 slice is" if len(slices) == 1 else f"{len(slices)} slices are"
