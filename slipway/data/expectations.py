"""Stage 2: what the data must satisfy, checked by pandera and in SQL before anything is learned.

Column expectations are pandera checks by name; rules over several rows or tables are queries that
find the rows that break them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from pydantic import Field

from slipway.data.dataset import Dataset
from slipway.data.query import open_tables, violations
from slipway.errors import ExpectationError
from slipway.frozen import Frozen
from slipway.parsing import parse

if TYPE_CHECKING:
    import pandera.pandas as pandera

BATCH_ROWS = 262_144
MOST_SHOWN = 5


class ColumnExpectation(Frozen):
    """What one column must satisfy; `checks` are pandera's, by name, with their arguments."""

    required: bool = Field(default=False, description="no missing values")
    checks: dict[str, dict[str, Any]] = {}


class Rule(Frozen):
    """A query that finds the rows which break the rule; none may be found."""

    because: str
    broken_by: str


class Expectations(Frozen):
    """All expectations of a dataset."""

    tables: dict[str, dict[str, ColumnExpectation]] = {}
    rules: dict[str, Rule] = {}


class Violation(Frozen):
    """A broken expectation: how many rows break it, and the first of them."""

    rule: str
    rows: int
    examples: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.rule} is broken by {self.rows:,} rows, such as {'; '.join(self.examples)}"


def parse_expectations(content: dict[str, Any]) -> Expectations:
    """Read expectations.

    Raises:
        ExpectationError: names the first thing that is wrong.
    """
    cure = "Correct the expectations file."
    return parse(Expectations, content, what="The expectations file", error=ExpectationError, cure=cure)


def validate(dataset: Dataset, expectations: Expectations) -> None:
    """Hold a dataset to its expectations.

    Raises:
        ExpectationError: names every broken rule and its first rows.
    """
    found = [*_column_violations(dataset, expectations), *_rule_violations(dataset, expectations)]
    if found:
        raise ExpectationError(
            f"Dataset '{dataset.name}' breaks {len(found)} of its expectations: " + ". ".join(map(str, found)),
            cure="Correct the data at their source, or the expectation if the world has changed.",
        )


def _column_violations(dataset: Dataset, expectations: Expectations) -> Iterator[Violation]:
    for table, columns in expectations.tables.items():
        schema = _pandera_schema(columns)
        counts: dict[str, int] = {}
        examples: dict[str, list[str]] = {}
        start = 0
        for batch in dataset.batches(table, list(columns), BATCH_ROWS):
            for rule, row, value in _failures(schema, batch.to_pandas()):
                name = f"{table}.{rule}"
                counts[name] = counts.get(name, 0) + 1
                shown = examples.setdefault(name, [])
                if len(shown) < MOST_SHOWN:
                    shown.append(f"row {start + row} with {value!r}")
            start += batch.num_rows
        for name, count in counts.items():
            yield Violation(rule=name, rows=count, examples=tuple(examples[name]))


def _pandera_schema(columns: dict[str, ColumnExpectation]) -> pandera.DataFrameSchema:
    import pandera.pandas as pandera

    return pandera.DataFrameSchema(
        {
            name: pandera.Column(
                nullable=not wanted.required,
                checks=[_check(name, check, arguments) for check, arguments in wanted.checks.items()],
            )
            for name, wanted in columns.items()
        }
    )


def _check(column: str, name: str, arguments: dict[str, Any]) -> pandera.Check:
    import pandera.pandas as pandera

    try:
        return getattr(pandera.Check, name)(**arguments)
    except (AttributeError, TypeError) as error:
        raise ExpectationError(
            f"Check '{name}' of column '{column}' is not usable: {error}",
            expected="a check of pandera with its arguments, as in {in_range: {min_value: 1, max_value: 12}}",
            cure="Correct the expectations file.",
        ) from error


def _failures(schema: pandera.DataFrameSchema, frame: Any) -> Iterator[tuple[str, int, object]]:
    import pandera.pandas as pandera

    try:
        schema.validate(frame, lazy=True)
    except pandera.errors.SchemaErrors as error:
        for case in error.failure_cases.itertuples():
            row = -1 if case.index is None else int(case.index)
            yield f"{case.column}: {case.check}", row, case.failure_case


def _rule_violations(dataset: Dataset, expectations: Expectations) -> Iterator[Violation]:
    import duckdb

    with open_tables(dataset) as connection:
        for name, rule in expectations.rules.items():
            try:
                count, rows = violations(connection, rule.broken_by, MOST_SHOWN)
            except duckdb.Error as error:
                raise ExpectationError(
                    f"Rule '{name}' cannot be checked: {error}", cure="Correct its query."
                ) from error
            if count:
                shown = tuple(", ".join(f"{key}={value}" for key, value in row.items()) for row in rows)
                yield Violation(rule=f"{name} ({rule.because})", rows=count, examples=shown)
