"""The line that every tabular pipeline follows: from a pinned source to a registered bundle."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, cast

import yaml
from kfp import dsl

from components.collect.collect_sources import collect_sources
from components.evaluate.evaluate_model import evaluate_model
from components.evaluate.package_bundle import package_bundle
from components.release.judge_release import judge_release
from components.release.register_model import register_model
from components.tabular.search_candidate import search_candidate
from components.tabular.select_candidate import select_candidate
from components.tabular.split_dataset import split_dataset
from components.tabular.train_model import train_model
from components.tabular.transform_dataset import transform_dataset
from components.tabular.validate_dataset import validate_dataset

PIPELINES = Path(__file__).parent.parent


@dataclass(frozen=True)
class TabularLine:
    """What makes one tabular pipeline differ from another.

    `source`, `expectations` and `query` name files under `pipelines/`; `task`, `split`, `tolerance`
    and `policy` are the models of the same name in the core.
    """

    name: str
    source: str
    expectations: str
    query: str
    key: list[str]
    task: dict[str, Any]
    split: dict[str, Any]
    tolerance: dict[str, float] = field(default_factory=dict)
    policy: dict[str, Any] = field(default_factory=dict)

    def source_description(self) -> dict[str, Any]:
        """Read the source file."""
        return _read_yaml(PIPELINES / "sources" / f"{self.source}.yaml")

    def expectations_description(self) -> dict[str, Any]:
        """Read the expectations file."""
        return _read_yaml(PIPELINES / "expectations" / f"{self.expectations}.yaml")

    def sql(self) -> str:
        """Read the query."""
        return (PIPELINES / "sql" / f"{self.query}.sql").read_text(encoding="utf-8")


class Release(NamedTuple):
    """What a pipeline ends with: the model's URI, its version, and what the gate decided.

    KFP reads the fields' types at run time, so this module does without postponed annotations.
    """

    model: str
    version: str
    decision: str


@dataclass(frozen=True)
class Budget:
    """The parameters of a run; each is a pipeline parameter or a constant."""

    candidates: Any
    trials: Any
    search_rows: Any
    seed: Any
    sample_share: Any


def tabular_line(line: TabularLine, budget: Budget) -> Release:
    """Add the line's steps to the pipeline being defined; the result's fields are filled when it runs."""
    split = _prepare(line, budget)
    train, validation, test = (split.outputs[part] for part in ("train", "validation", "test"))
    with dsl.ParallelFor(budget.candidates, name="candidates") as candidate:
        searched = search_candidate(
            train=train,
            validation=validation,
            task=line.task,
            candidate=candidate,
            trials=budget.trials,
            rows=budget.search_rows,
            seed=budget.seed,
        )
    selected = select_candidate(results=dsl.Collected(searched.outputs["result"]))
    selection = selected.outputs["selection"]
    trained = train_model(
        selection=selection,
        train=train,
        validation=validation,
        task=line.task,
        name=line.name,
        tolerance=line.tolerance,
    )
    model = trained.outputs["model"]
    evaluated = evaluate_model(model=model, train=train, test=test, task=line.task)
    packaged = package_bundle(
        model=model,
        certificate=trained.outputs["certificate"],
        evaluation=evaluated.outputs["evaluation"],
        plots=evaluated.outputs["plots"],
        selection=selection,
        train=train,
        validation=validation,
        test=test,
        name=line.name,
        pipeline=line.name,
    )
    return cast("Release", _release(line, packaged.outputs["bundle"], test, selection).outputs)


def _prepare(line: TabularLine, budget: Budget) -> Any:
    collected = collect_sources(source=line.source_description())
    dataset = collected.outputs["dataset"]
    validated = validate_dataset(dataset=dataset, expectations=line.expectations_description())
    transformed = transform_dataset(dataset=dataset, query=line.sql(), name=Path(line.query).stem, key=line.key)
    transformed.after(validated)
    return split_dataset(dataset=transformed.outputs["transformed"], rule=line.split, share=budget.sample_share)


def _release(line: TabularLine, bundle: Any, test: Any, selection: Any) -> Any:
    # Both steps depend on what the registry holds now, so neither may come from a cache.
    judged = judge_release(bundle=bundle, test=test, name=line.name, policy=line.policy)
    judged.set_caching_options(enable_caching=False)
    registered = register_model(
        bundle=bundle,
        selection=selection,
        verdict=judged.outputs["verdict"],
        report=judged.outputs["report"],
        name=line.name,
    )
    return registered.set_caching_options(enable_caching=False)


def _read_yaml(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return content
