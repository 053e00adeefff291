"""`python -m serving --bundle PATH --name NAME`: serve one bundle.

When it listens it prints one line of JSON on standard output: `event`, `url` (with the real port),
`model`, `version`, `digest`, `pid`. Logs and errors go to standard error; the exit code of an
error is the one `slipway.errors` gives it.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from serving import server
from serving.app import MAX_BODY_BYTES, create_app
from serving.models import Models, ServedModel, load_model
from slipway.errors import SlipwayError


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until told to stop; return the exit code."""
    server.exit_on_signals()
    options = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s %(message)s")
    try:
        _serve(options)
    except SlipwayError as error:
        print(f"serving: {error}", file=sys.stderr)
        return error.exit_code
    return 0


def _serve(options: argparse.Namespace) -> None:
    if options.stop_with_parent:
        server.stop_when_input_ends()
    with server.bind(options.host, options.port) as bound:
        url = server.url_of(bound)
        model = load_model(options.bundle, name=options.name, version=options.version, threads=options.threads)
        app = create_app(Models([model]), max_body_bytes=options.max_body_bytes)
        server.serve(app, bound, listening=lambda: _announce(url, model), drain_seconds=options.drain_seconds)


def _announce(url: str, model: ServedModel) -> None:
    facts = {
        "event": "listening",
        "url": url,
        "model": model.name,
        "version": model.version,
        "digest": model.digest,
        "pid": os.getpid(),
    }
    print(json.dumps(facts), flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m serving", description="Serve a Slipway model bundle.")
    parser.add_argument("--bundle", type=Path, required=True, help="the bundle's folder")
    parser.add_argument("--name", required=True, help="the model's name in URLs")
    parser.add_argument("--version", help="the model's version; else the start of its digest")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--port", type=_at_least(0), default=8080, help="0 takes any free port")
    parser.add_argument("--threads", type=_at_least(1), default=1, help="threads for each request")
    parser.add_argument("--max-body-bytes", type=_at_least(1), default=MAX_BODY_BYTES, help="longest request")
    parser.add_argument(
        "--drain-seconds", type=_at_least(0), default=server.DRAIN_SECONDS, help="time to finish what was begun"
    )
    parser.add_argument("--stop-with-parent", action="store_true", help="stop when standard input ends")
    return parser


class _at_least:  # noqa: N801 (argparse shows the name of the type)
    def __init__(self, least: int) -> None:
        self._least = least

    def __call__(self, text: str) -> int:
        value = int(text)
        if value < self._least:
            raise argparse.ArgumentTypeError(f"{value} is below {self._least}")
        return value


if __name__ == "__main__":
    sys.exit(main())
