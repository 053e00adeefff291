"""`python -m tests.fuzz [HARNESS ...] --seconds 30`: look for bytes that put the server at fault.

Each harness runs in a process of its own, guided by the coverage of our code (atheris). What it
finds is written to `--found`; add it to `tests/fuzz/seeds.py` with the repair.
"""

from __future__ import annotations

import argparse
import logging
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.fuzz.seeds import SEEDS, WORDS

_LONGEST = 4096
_GRACE_SECONDS = 120


def main() -> int:
    """Fuzz; return 1 if a harness has found something."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__.partition("\n")[0])
    parser.add_argument("harness", nargs="*", help=f"of {', '.join(SEEDS)}; all if none is named")
    parser.add_argument("--seconds", type=int, default=30, help="for each (default 30)")
    parser.add_argument("--corpus", type=Path, default=Path(".venv/fuzz-corpus"), help="kept from run to run")
    parser.add_argument("--found", type=Path, default=Path(".venv/fuzz-found"), help="where findings go")
    parser.add_argument("--here", action="store_true", help="run the one harness in this process")
    options = parser.parse_args()
    unknown = set(options.harness) - SEEDS.keys()
    if unknown:
        parser.error(f"no harness is called {', '.join(sorted(unknown))}: expected {', '.join(SEEDS)}")
    if options.here:
        logging.getLogger("serving").setLevel(logging.CRITICAL)  # it would tell of every bad input
        _fuzz(options.harness[0], options)
        return 0
    failed = [name for name in options.harness or SEEDS if not _passes(name, sys.argv[1:], options.seconds)]
    print(f"found something in: {', '.join(failed)} (see {options.found})" if failed else "found nothing")
    return int(bool(failed))


def _passes(name: str, arguments: Sequence[str], seconds: int) -> bool:
    flags = [argument for argument in arguments if argument not in SEEDS]
    command = [sys.executable, "-m", "tests.fuzz", name, *flags, "--here"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=seconds + _GRACE_SECONDS, check=False)
    lines = done.stderr.strip().splitlines()
    counted = [line for line in lines if line.startswith("Done")]
    print(f"{name}: {'FAILED' if done.returncode else ' '.join(counted)}", flush=True)
    if done.returncode:
        told = [*done.stdout.splitlines(), *(line for line in lines if not line.startswith(("#", "INFO")))]
        print("\n".join(told[-40:]), flush=True)
    return not done.returncode


def _fuzz(name: str, options: argparse.Namespace) -> None:
    corpus, found = (folder / name for folder in (options.corpus, options.found))
    for folder in (corpus, found):
        folder.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(SEEDS[name]):
        (corpus / f"seed-{number}").write_bytes(seed)
    words = options.corpus / "words"
    words.write_text("".join(f'"{word}"\n' for word in WORDS), encoding="ascii")
    flags = [
        *(f"-max_total_time={options.seconds}", f"-max_len={_LONGEST}", "-timeout=20", "-rss_limit_mb=4096"),
        *(f"-artifact_prefix={found}/", f"-dict={words}", str(corpus)),
    ]
    import atheris

    with atheris.instrument_imports(include=["serving", "slipway.onnx"]):
        from tests.fuzz.harnesses import HARNESSES
    harness = HARNESSES[name]
    harness(SEEDS[name][0])  # what it opens once must not count as the first input's time
    atheris.Setup([name, *flags], harness)
    atheris.Fuzz()


if __name__ == "__main__":
    sys.exit(main())
