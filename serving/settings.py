"""Every knob of the server: flags, then variables, then the defaults below.

A variable is `SLIPWAY_SERVING_*`, or else what a platform calls the same (`serving.platforms.ALIASES`).
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import partial
from typing import Any, TypeVar

from serving.cores import available_cores
from serving.platforms import ALIASES
from slipway.errors import SettingsError

PREFIX = "SLIPWAY_SERVING_"

_Number = TypeVar("_Number", int, float)


def _count(text: str) -> int:
    return _at_least(int(text), 1)


def _natural(text: str) -> int:
    return _at_least(int(text), 0)


def _seconds(text: str) -> float:
    return _at_least(float(text), 0)


def _switch(text: str) -> bool:
    if text.lower() not in {"true", "false", "1", "0"}:
        raise ValueError("expected true or false")
    return text.lower() in {"true", "1"}


def _at_least(value: _Number, least: int) -> _Number:
    if not value >= least:
        raise ValueError(f"{value} is below {least}")
    return value


def _option(default: Any, read: Callable[[str], Any], about: str, *, many: bool = False) -> Any:
    return field(default=default, metadata={"read": read, "about": about, "many": many})


@dataclass(frozen=True, slots=True, kw_only=True)
class ServingSettings:
    """What to serve, where, and what clients may cost."""

    model: tuple[str, ...] = _option((), str, "ADDRESS, or NAME=ADDRESS where there are several", many=True)
    model_dir: str = _option("", str, "a folder with a model in each folder below it")
    name: str = _option("", str, "name in URLs of a single model")
    version: str = _option("", str, "version of a single model; else the start of its digest")
    digest: str = _option("", str, "what the content of a single model must have: sha256:...")

    host: str = _option("127.0.0.1", str, "address to listen on")
    port: int = _option(8080, _natural, "for HTTP/1.1 and gRPC alike; 0 takes any free one")
    grpc_port: int = _option(-1, int, "a port for gRPC alone; 0 takes any free one, -1 none")

    threads: int = _option(1, _count, "threads on each run of a model")
    workers: int = _option(available_cores(), _count, "runs of heavy models at a time")
    max_batch_rows: int = _option(64, _count, "rows of requests joined into one run; 1 joins none")
    max_queue: int = _option(1024, _count, "requests waiting for a model before more are refused")

    max_body_bytes: int = _option(8 << 20, _count, "longest body or message")
    max_head_bytes: int = _option(16 << 10, _count, "longest request head")
    head_seconds: float = _option(10.0, _seconds, "time for a request's head to arrive")
    body_seconds: float = _option(60.0, _seconds, "time for a request's body to arrive")
    idle_seconds: float = _option(120.0, _seconds, "time a connection may be idle")
    write_seconds: float = _option(30.0, _seconds, "time a client may leave its answer unread")

    linger_seconds: float = _option(0.0, _seconds, "time to go on serving, not ready, after SIGTERM")
    drain_seconds: float = _option(30.0, _seconds, "time to finish what was begun after that")
    stop_with_parent: bool = _option(False, _switch, "stop when standard input ends")

    allow_control: bool = _option(False, _switch, "let clients load and unload models")
    poll_seconds: float = _option(0.0, _seconds, "how often to look for a new version at the source; 0 never")
    require_signature: tuple[str, ...] = _option(
        (), str, "public key (PEM) of which one must have signed a bundle", many=True
    )
    custom_op_library: tuple[str, ...] = _option((), str, "library of custom operators: code that runs", many=True)

    log_level: str = _option("warning", str, "debug, info, warning or error")
    log_format: str = _option("text", str, "text or json")
    access_log_every: int = _option(0, _natural, "log each n-th request; 0 none")


def read_settings(arguments: Sequence[str], environment: Mapping[str, str] = os.environ) -> ServingSettings:
    """Read the flags and the environment.

    Raises:
        SettingsError: a variable's value is malformed; names it.
        SystemExit: a flag is unknown or malformed, with 2, or help was asked for, with 0.
    """
    given = vars(_parser().parse_args(arguments))
    del given["serve"]
    values = {each.name: _from_environment(each, environment) for each in fields(ServingSettings)}
    values |= {name: value for name, value in given.items() if value is not None}
    return ServingSettings(**{name: _frozen(value) for name, value in values.items() if value is not None})


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _from_environment(option: Any, environment: Mapping[str, str]) -> Any:
    names = (PREFIX + option.name.upper(), *ALIASES.get(option.name, ()))
    variable = next((name for name in names if name in environment), None)
    if variable is None:
        return None
    text, read = environment[variable], option.metadata["read"]
    try:
        return tuple(read(part) for part in text.split()) if option.metadata["many"] else read(text)
    except ValueError as error:
        raise SettingsError(
            f"Setting {variable} cannot be read: {error}", expected=option.metadata["about"], got=repr(text)
        ) from error


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m serving",
        description="Serve ONNX models over the Open Inference Protocol (REST and gRPC).",
        epilog=f"Each flag is also a variable: --max-queue is {PREFIX}MAX_QUEUE.",
        allow_abbrev=False,
    )
    parser.add_argument("serve", nargs="?", choices=["serve"], help="what SageMaker starts its containers with")
    for each in fields(ServingSettings):
        _add_flag(parser, each)
    return parser


def _add_flag(parser: argparse.ArgumentParser, option: Any) -> None:
    flag = "--" + option.name.replace("_", "-")
    about = option.metadata["about"]
    if option.type == "bool":
        parser.add_argument(flag, action="store_const", const=True, help=about)
        return
    shown = "" if option.default in {"", ()} else f" (default {option.default})"
    action = "append" if option.metadata["many"] else "store"
    parser.add_argument(flag, action=action, type=partial(_from_flag, option.metadata["read"]), help=about + shown)


def _from_flag(read: Callable[[str], Any], text: str) -> Any:
    try:
        return read(text)
    except ValueError as error:  # of which argparse would show only the name of `read`
        raise argparse.ArgumentTypeError(str(error)) from error
