"""Two runs of a pipeline, compared output by output by the digests of their content."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from slipway.cli.local.outputs import OutputRecord
from slipway.cli.local.record import RunRecord, RunStatus
from slipway.errors import UsageError
from slipway.frozen import Frozen
from slipway.storage import sha256_file

# What must be equal where code, data and parameters are. A report or a verdict may tell of times,
# and what the last steps decide follows the registry.
JUDGED_KINDS = {"Dataset", "Model", "Metrics"}
_DIGITS = 6


class ComparedOutput(Frozen):
    """One output of a step in both runs, by digest; None where a run does not have it."""

    step: str
    output: str
    kind: str
    digests: tuple[str | None, str | None]
    detail: str = ""

    @property
    def same(self) -> bool:
        """True when both runs made the same."""
        return self.digests[0] == self.digests[1]

    @property
    def judged(self) -> bool:
        """True when a difference makes the runs different."""
        return self.kind in JUDGED_KINDS


def compare_runs(left: RunRecord, right: RunRecord) -> list[ComparedOutput]:
    """Compare every output of every step, in the order of the first run.

    Raises:
        UsageError: the runs are not of one pipeline, one did not finish, or nothing can be compared.
        DataError: an artifact is gone or damaged.
    """
    _check(left, right)
    compared = list(_compared(left, right))
    if not any(one.judged for one in compared):
        raise UsageError(
            f"Runs '{left.run}' and '{right.run}' have nothing to compare",
            expected="datasets, models or metrics in their records",
            cure="Run the pipeline again: records of older runs lack the outputs.",
        )
    return compared


def content_digest(record: OutputRecord) -> str:
    """Return `sha256:…` of what an output holds: a dataset's values, a bundle's or a folder's files, a value.

    Raises:
        DataError, BundleError: the artifact is damaged.
        UsageError: it is gone.
    """
    if record.kind == "Metrics" or record.path is None:
        return _sha256(json.dumps(record.value, sort_keys=True))
    path = Path(record.path)
    if path.is_dir():
        known = next((digest for name, digest in _FOLDERS.items() if (path / name).is_file()), _folder_digest)
        return known(path)
    if path.is_file():
        return f"sha256:{sha256_file(path)}"
    raise UsageError(f"Artifact '{path}' is gone", cure="Run the pipeline again, with --no-cache.")


def _compared(left: RunRecord, right: RunRecord) -> Iterator[ComparedOutput]:
    outputs = [_outputs(run) for run in (left, right)]
    for step, name in dict.fromkeys([*outputs[0], *outputs[1]]):
        found = [one.get((step, name)) for one in outputs]
        digests = [content_digest(one) if one else None for one in found]
        kind = next(one.kind for one in found if one)
        detail = "" if digests[0] == digests[1] else _difference(*found)
        yield ComparedOutput(step=step, output=name, kind=kind, digests=(digests[0], digests[1]), detail=detail)


def _outputs(run: RunRecord) -> dict[tuple[str, str], OutputRecord]:
    return {(step.name, name): output for step in run.steps for name, output in step.outputs.items()}


def _check(left: RunRecord, right: RunRecord) -> None:
    if left.pipeline != right.pipeline:
        raise UsageError(
            "Runs of two pipelines cannot be compared",
            got=f"'{left.pipeline}' and '{right.pipeline}'",
            cure="'slipway runs' lists the runs.",
        )
    for run in (left, right):
        if run.status is not RunStatus.DONE:
            raise UsageError(f"Run '{run.run}' did not finish", got=f"'{run.status}'", cure="Run it to its end.")


def _difference(left: OutputRecord | None, right: OutputRecord | None) -> str:
    """Say where values differ; which bytes of a file do helps nobody."""
    if left is None or right is None:
        return f"only in the {'first' if left else 'second'} run"
    if left.path is None:
        return f"{left.value} | {right.value}"
    if left.kind != "Metrics":
        return ""
    pairs = {name: (left.value.get(name), right.value.get(name)) for name in {**left.value, **right.value}}
    return ", ".join(f"{name} {_number(a)} | {_number(b)}" for name, (a, b) in pairs.items() if a != b)


def _number(value: Any) -> str:
    return f"{value:.{_DIGITS}g}" if isinstance(value, float) else str(value)


def _dataset_digest(path: Path) -> str:
    from slipway.data.dataset import Dataset

    return Dataset.open(path, verify=True).digest


def _bundle_digest(path: Path) -> str:
    from slipway.bundle.bundle import Bundle

    return Bundle.open(path).digest


def _folder_digest(path: Path) -> str:
    files = sorted(file for file in path.rglob("*") if file.is_file())
    return _sha256("".join(f"{file.relative_to(path)}\0{sha256_file(file)}\n" for file in files))


def _sha256(text: str) -> str:
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


# What tells a kind of folder, and the digest of its own that it has.
_FOLDERS: dict[str, Callable[[Path], str]] = {"croissant.json": _dataset_digest, "manifest.json": _bundle_digest}
