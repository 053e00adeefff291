"""The model card: what a person reads before trusting a model.

Sections follow M. Mitchell et al., "Model Cards for Model Reporting" (2019).
"""

from __future__ import annotations

from collections.abc import Iterable

from slipway.bundle.parts import BundleParts
from slipway.data.provenance import DatasetNode
from slipway.evaluation.report import Evaluation
from slipway.onnx.certificate import Comparison, ParityCertificate


def model_card(parts: BundleParts) -> str:
    """Write the card as Markdown, with the plots of the bundle in it."""
    sections = [
        f"# {parts.name}",
        _purpose(parts.evaluation),
        _performance(parts.evaluation),
        _plots(parts),
        _slices(parts.evaluation),
        _parity(parts.parity),
        _origin(parts),
    ]
    return "\n\n".join(section for section in sections if section) + "\n"


def _purpose(evaluation: Evaluation) -> str:
    task = evaluation.task
    target = f" of `{task.target}` ({task.positive_name})" if task.target else ""
    lines = [
        "## What it does",
        f"A {task.kind} model{target} from {len(task.features)} columns.",
        f"- Numbers: {_names(task.numeric)}",
        f"- Categories: {_names(task.categorical)}",
        "",
        "A missing number, a missing category and a category never seen in training are answered, not refused.",
    ]
    return "\n".join(lines)


def _performance(evaluation: Evaluation) -> str:
    rows = [
        (name, f"{value:.4f}", f"{evaluation.baseline[name]:.4f}" if name in evaluation.baseline else "")
        for name, value in evaluation.metrics.items()
    ]
    intro = f"On {evaluation.rows:,} held-out rows (`{evaluation.dataset_digest[:19]}`), beside the trivial model."
    return f"## How well\n{intro}\n\n" + _table(("metric", "model", "trivial"), rows)


def _plots(parts: BundleParts) -> str:
    return "\n".join(f"![{name}](plots/{name}.png)" for name in sorted(parts.plots))


def _slices(evaluation: Evaluation) -> str:
    if not evaluation.slices:
        return ""
    names = list(evaluation.slices[0].metrics)
    rows = [
        (
            entry.column,
            entry.value,
            f"{entry.rows:,}",
            *(f"{entry.metrics.get(name, float('nan')):.4f}" for name in names),
        )
        for entry in evaluation.slices
    ]
    return "## Slices\n" + _table(("column", "value", "rows", *names), rows)


def _parity(parity: ParityCertificate) -> str:
    verdict = "passed" if parity.passed else "FAILED: " + "; ".join(parity.reasons)
    rows = [("held-out rows", *_comparison(parity.held_out))]
    if parity.probes is not None:
        rows.append(("probes at split thresholds", *_comparison(parity.probes)))
    header = ("on", "rows", "max absolute error", "max relative error", "equal labels")
    return f"## Parity\n{parity.runtime} against {parity.framework}: {verdict}.\n\n" + _table(header, rows)


def _comparison(comparison: Comparison) -> tuple[str, ...]:
    return (
        f"{comparison.rows:,}",
        f"{comparison.max_absolute_error:.2e}",
        f"{comparison.max_relative_error:.2e}",
        f"{comparison.label_agreement:.4%}",
    )


def _origin(parts: BundleParts) -> str:
    lineage = parts.lineage
    rows = [(node.name, node.step, f"{node.rows:,}", f"`{node.digest[:19]}`") for node in lineage.datasets]
    lines = [
        "## Where it came from",
        f"Pipeline `{lineage.pipeline}`, code revision `{lineage.code_revision}`.",
        "",
        _table(("dataset", "written by", "rows", "digest"), rows),
        "",
        *_sources(lineage.datasets),
    ]
    return "\n".join(lines)


def _sources(datasets: Iterable[DatasetNode]) -> list[str]:
    files = {file.url: file for node in datasets for file in node.sources}
    return [
        f"- {file.url} (SHA-256 `{file.sha256[:12]}…`, licence {file.licence or 'unknown'})"
        for file in files.values()
    ]


def _names(names: tuple[str, ...]) -> str:
    return ", ".join(f"`{name}`" for name in names) or "none"


def _table(header: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [f"| {' | '.join(header)} |", f"|{'---|' * len(header)}"]
    lines += [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join(lines)
