"""A schedule: a pipeline that the server runs again and again. Declared in Git, one YAML file each."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Self

from pydantic import Field, field_validator, model_validator

from slipway.cli.kubeflow.environments import environment_folder, read_yaml
from slipway.errors import ScheduleError
from slipway.frozen import Frozen
from slipway.parsing import parse

FOLDER = "schedules"
_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_DESCRIPTORS = {"@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"}
_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_DAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]
# name, smallest, largest, and words for 1, 2, ... or, for days, 0, 1, ...
_FIELDS: tuple[tuple[str, int, int, list[str]], ...] = (
    ("minute", 0, 59, []),
    ("hour", 0, 23, []),
    ("day of the month", 1, 31, []),
    ("month", 1, 12, ["", *_MONTHS]),
    ("day of the week", 0, 6, _DAYS),
)
_RANGE = re.compile(r"(?:\*|\?|(?P<first>\w+)(?:-(?P<last>\w+))?)(?:/(?P<step>\d+))?")


class Schedule(Frozen):
    """When a pipeline runs, and with which parameters.

    `cron` is the usual one of five fields, in the server's time zone (UTC unless its
    CRON_SCHEDULE_TIMEZONE says otherwise), or a word such as `@daily`.
    """

    pipeline: str = Field(min_length=1, description="name of the pipeline, as `slipway submit` takes it")
    parameters: dict[str, Any] = Field(default={}, description="values other than the pipeline's defaults")
    cron: str = Field(default="", description="five fields: minute, hour, day, month, day of the week")
    interval_seconds: int = Field(default=0, ge=0, description="instead of `cron`: from start to start")
    enabled: bool = Field(default=True, description="whether it runs at all")
    catch_up: bool = Field(default=False, description="whether runs that were missed are made up for, one by one")
    max_concurrency: int = Field(default=1, ge=1, le=10, description="runs at the same time; KFP allows ten")

    @field_validator("cron")
    @classmethod
    def _is_cron(cls, cron: str) -> str:
        check_cron(cron)
        return " ".join(cron.split())

    @model_validator(mode="after")
    def _has_one_trigger(self) -> Self:
        if bool(self.cron) == bool(self.interval_seconds):
            raise ValueError("say either 'cron' or 'interval_seconds'")
        return self

    @property
    def server_cron(self) -> str:
        """The cron as the server reads it: seconds first.

        KFP parses with robfig/cron 1.2, which takes five fields for second to month: `0 3 * * *` would
        run every hour.
        """
        return f"0 {self.cron}" if self.cron and not self.cron.startswith("@") else self.cron

    @property
    def trigger(self) -> str:
        """When it runs, for people."""
        return self.cron or f"every {self.interval_seconds} s"


def check_cron(cron: str) -> None:
    """Refuse what is no cron of five fields.

    Raises:
        ValueError: says which field is wrong.
    """
    if not cron or cron in _DESCRIPTORS:
        return
    parts = cron.lower().split()
    if len(parts) != len(_FIELDS):
        raise ValueError(
            f"a cron has five fields (minute hour day month weekday) or is one of "
            f"{', '.join(sorted(_DESCRIPTORS))}; this has {len(parts)}"
        )
    for part, (name, smallest, largest, words) in zip(parts, _FIELDS, strict=True):
        for one in part.split(","):
            if not _is_range(one, smallest, largest, words):
                raise ValueError(f"'{one}' is no {name}: {smallest}-{largest}, '*', a range, a list or a step")


def read_schedules(root: Path, environment: str) -> dict[str, Schedule]:
    """Return the schedules that an environment declares, by name: the file's.

    Raises:
        ScheduleError: a file is malformed; names it and the place in it.
    """
    folder = environment_folder(root, environment) / FOLDER
    files = sorted([*folder.glob("*.yaml"), *folder.glob("*.yml")])
    return {_name(file): _read(file) for file in files}


def _read(file: Path) -> Schedule:
    content = read_yaml(file, ScheduleError)
    return parse(Schedule, content, what=f"'{file}'", error=ScheduleError, cure="Correct the file.")


def _name(file: Path) -> str:
    if not _NAME.fullmatch(file.stem):
        raise ScheduleError(
            f"The name of '{file}' is not usable",
            expected="lower-case letters, digits and hyphens",
            cure="Rename the file: a schedule is called as its file is.",
        )
    return file.stem


def _is_range(text: str, smallest: int, largest: int, words: list[str]) -> bool:
    found = _RANGE.fullmatch(text)
    if found is None or found["step"] == "0":
        return False
    bounds = [_number(bound, words) for bound in (found["first"], found["last"]) if bound is not None]
    return all(smallest <= bound <= largest for bound in bounds) and bounds == sorted(bounds)


def _number(text: str, words: list[str]) -> int:
    if text in words:
        return words.index(text)
    return int(text) if text.isdigit() else -1
