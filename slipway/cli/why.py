"""`slipway why`: where a model came from, down to the source files."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import typer
from rich.markup import escape
from rich.tree import Tree

from slipway.cli.tables import output
from slipway.data.provenance import DatasetNode
from slipway.registry.chain import Chain, explain
from slipway.settings import load_settings


def why(
    target: Annotated[
        str,
        typer.Argument(help="models:/NAME@ALIAS, models:/NAME/VERSION, a bundle folder or an endpoint's URL."),
    ],
    gateway: Annotated[
        str, typer.Option(metavar="URL", help="where to connect if the host of an endpoint's URL does not resolve")
    ] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a tree.")] = False,
) -> None:
    """Explain where a model came from: version, bundle, run, code, datasets, source files."""
    chain = explain(target, load_settings(), gateway)
    if as_json:
        typer.echo(chain.model_dump_json(indent=2))
    else:
        output().print(chain_tree(chain))


def chain_tree(chain: Chain) -> Tree:
    """Draw the chain: each line came from the lines below it."""
    root = Tree(f"[bold]{escape(chain.target)}[/bold]")
    at = root.add(f"endpoint {escape(chain.endpoint)}") if chain.endpoint else root
    for line in _version_lines(chain):
        at.add(line)
    at = at.add(f"bundle {chain.bundle_digest}")
    for line in _bundle_lines(chain):
        at.add(line)
    at = at.add(_run_line(chain))
    at = at.add(f"pipeline {escape(chain.pipeline)}, code revision {escape(chain.code_revision)}")
    _add_datasets(at, chain.datasets)
    return root


def _version_lines(chain: Chain) -> Iterator[str]:
    for version in chain.versions:
        aliases = f" ({', '.join(version.aliases)})" if version.aliases else ""
        yield f"model {escape(version.name)} version {version.version}{escape(aliases)}"
    if chain.registry_silent:
        yield f"[yellow]registry not asked:[/yellow] {escape(chain.registry_silent)}"
    elif not chain.versions:
        yield "[yellow]in no registered version[/yellow]"


def _bundle_lines(chain: Chain) -> Iterator[str]:
    verdict = "passed" if chain.parity_passed else "[red]FAILED[/red]"
    yield f"parity {verdict}, largest absolute error {chain.parity_max_absolute_error:.2e}"
    if chain.metrics:
        yield "metrics " + ", ".join(f"{escape(name)} {value:.4g}" for name, value in chain.metrics.items())


def _run_line(chain: Chain) -> str:
    run = chain.run
    if run is None:
        return "[yellow]no recorded run[/yellow]"
    verdict = f", gate: {escape(run.verdict)}" if run.verdict else ""
    return f"run {run.run_id} ({escape(run.name)}, {run.started_at:%Y-%m-%d %H:%M} UTC{verdict})"


def _add_datasets(parent: Tree, nodes: tuple[DatasetNode, ...]) -> None:
    """Hang each dataset under those made from it; one that has two children is told in full once."""
    by_digest = {node.digest: node for node in nodes}
    used = {digest for node in nodes for digest in node.parents}
    told: set[str] = set()
    for node in nodes:
        if node.digest not in used:
            _add_dataset(parent, node, by_digest, told)


def _add_dataset(parent: Tree, node: DatasetNode, by_digest: dict[str, DatasetNode], told: set[str]) -> None:
    branch = parent.add(
        f"dataset {escape(node.name)} {node.digest} ({node.rows:,} rows, written by {escape(node.step)})"
    )
    if node.digest in told:
        branch.add("[dim]as above[/dim]")
        return
    told.add(node.digest)
    for file in node.sources:
        licence = f" (licence {escape(file.licence)})" if file.licence else ""
        branch.add(f"source {escape(file.url)} sha256 {file.sha256}{licence}")
    for digest in node.parents:
        if digest in by_digest:
            _add_dataset(branch, by_digest[digest], by_digest, told)
        else:
            branch.add(f"dataset {digest} [yellow](not in the lineage)[/yellow]")
