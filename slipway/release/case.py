"""What the rules look at: both sides, the rows, and what is measured on them once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from slipway.release.contender import Contender
from slipway.release.held_out import Floats, HeldOut
from slipway.release.latency import Latency, measure_latency
from slipway.release.losses import LOSSES, Loss, row_losses, trivial_losses
from slipway.release.paired_test import PairedTest, paired_test
from slipway.release.policy import GatePolicy
from slipway.release.slices import SliceComparison, compare_slices
from slipway.task import TaskSpec


@dataclass(frozen=True)
class Case:
    """One judgement; each measurement is made when first looked at, and once.

    `training_mean` is the target's mean (the base rate) in the training rows, for the trivial model.
    """

    challenger: Contender
    champion: Contender | None
    held_out: HeldOut
    policy: GatePolicy
    training_mean: float | None = None

    @property
    def loss(self) -> Loss:
        """The loss of this kind of task."""
        return LOSSES[self.held_out.task.kind]

    @cached_property
    def challenger_losses(self) -> Floats:
        """The challenger's loss on each row."""
        return row_losses(self.challenger, self.held_out)

    @cached_property
    def champion_losses(self) -> Floats | None:
        """The champion's loss on each row; None where there is no champion or it cannot answer."""
        return row_losses(self.champion, self.held_out) if self.champion and not self.obstacle else None

    @cached_property
    def trivial_losses(self) -> Floats:
        """The trivial model's loss on each row."""
        return trivial_losses(self.held_out, self.training_mean)

    @cached_property
    def obstacle(self) -> str:
        """Why champion and challenger cannot be compared on these rows, in words; empty when they can."""
        if self.champion is None:
            return ""
        asked, wanted = _question(self.champion.bundle.evaluation.task), _question(self.held_out.task)
        if asked != wanted:
            return f"the champion's task is {asked}, not {wanted}"
        present = self.held_out.rows.column_names
        missing = [name for name in self.champion.bundle.signature.input_names if name not in present]
        return f"the held-out rows lack the champion's input {', '.join(missing)}" if missing else ""

    @cached_property
    def against_trivial(self) -> PairedTest:
        """Test the trivial model's loss minus the challenger's."""
        return self._test(self.trivial_losses - self.challenger_losses)

    @cached_property
    def against_champion(self) -> PairedTest | None:
        """Test the champion's loss, less the improvement asked for, minus the challenger's."""
        if self.champion_losses is None:
            return None
        return self._test((1 - self.policy.minimum_improvement) * self.champion_losses - self.challenger_losses)

    @cached_property
    def slices(self) -> tuple[SliceComparison, ...]:
        """Both models on each slice."""
        if self.champion_losses is None:
            return ()
        return compare_slices(self.challenger_losses, self.champion_losses, self.held_out, self.policy)

    @cached_property
    def latency(self) -> Latency:
        """The challenger's one-row latency."""
        return measure_latency(self.challenger.model, self.held_out.rows, requests=self.policy.latency_requests)

    def _test(self, differences: Floats) -> PairedTest:
        return paired_test(
            differences,
            self.held_out.blocks,
            error_rate=self.policy.error_rate,
            resamples=self.policy.resamples,
            seed=self.policy.seed,
        )


def _question(task: TaskSpec) -> str:
    return f"{task.kind} of `{task.target}`" if task.target else str(task.kind)
