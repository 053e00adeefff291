"""Carries out a page: its commands in a copy of the project, their output held to what the page shows."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.pages import ROOT, Block, Command, blocks_of, commands_of
from tests.support.processes import ServerProcess

SECONDS = 300
_LITTER = shutil.ignore_patterns(".*_cache", ".git", ".hypothesis", ".slipway", ".venv", "__pycache__", "build")
_PAGE_PORT = "8080"
_SERVERS = ("slipway serve ", "python -m serving ")


def copy_project(target: Path) -> Path:
    """Copy the working tree, without what runs left in it, and make its `.venv` this environment."""
    shutil.copytree(ROOT, target, ignore=_LITTER)
    (target / ".venv").symlink_to(sys.prefix)
    return target


def copy_with_home(project: Path, target: Path) -> Path:
    """Copy a project with its `.slipway`: the registry for real, the run's files as hard links."""
    copy_project(target)
    shutil.copytree(project / ".slipway", target / ".slipway", copy_function=os.link)
    database = target / ".slipway/mlflow.db"
    database.unlink()
    shutil.copyfile(project / ".slipway/mlflow.db", database)
    return target


class PageSession:
    """Runs the blocks of a page in order; servers stay up until the session closes."""

    def __init__(self, project: Path, port: int) -> None:
        self._project = project
        self._port = str(port)
        self._servers: list[ServerProcess] = []

    def run(self, page: Path) -> None:
        """Do all that the page says.

        Raises:
            AssertionError: a command fails, or its output is not what the page shows; names the line.
        """
        for block in blocks_of(page):
            if block.kind == "file":
                target = self._project / block.remark
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_text(f"{block.text}\n", encoding="utf-8")
            elif block.runs:
                for command in commands_of(block):
                    self._carry_out(block, command)

    def close(self) -> None:
        """End the servers."""
        for server in self._servers:
            server.stop()

    def _carry_out(self, block: Block, command: Command) -> None:
        if command.text.startswith(_SERVERS):
            self._serve(command)
            return
        answer = subprocess.run(
            self._shell(command),
            cwd=self._project,
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        assert answer.returncode == 0, f"{block}: {command.text}\nexit code {answer.returncode}\n{answer.stdout}"
        self._hold(block, command, answer.stdout)

    def _serve(self, command: Command) -> None:
        log = self._project / f"server-{len(self._servers)}.log"
        here = Command(f"cd {shlex.quote(str(self._project))} && exec {command.text}", command.output)
        server = ServerProcess(self._shell(here), log, self._environment())
        self._servers.append(server)
        shown = pattern_of(command.output)
        server.wait_until(lambda: shown.fullmatch(self._normal(log.read_text())) is not None)

    def _hold(self, block: Block, command: Command, output: str) -> None:
        actual = self._normal(output)
        if command.output and not pattern_of(command.output).fullmatch(actual):
            raise AssertionError(
                f"{block}: {command.text}\n--- the page shows\n{command.output}\n--- it says\n{actual}"
            )

    def _shell(self, command: Command) -> list[str]:
        return ["bash", "-uo", "pipefail", "-c", command.text.replace(_PAGE_PORT, self._port)]

    def _normal(self, output: str) -> str:
        return normal(output.replace(self._port, _PAGE_PORT).replace(str(self._project), "."))

    def _environment(self) -> dict[str, str]:
        kept = {
            key: value
            for key, value in os.environ.items()
            if not key.startswith(("SLIPWAY_", "MLFLOW_", "PYTEST_", "MAKE", "MFLAGS"))
        }
        path = os.pathsep.join([str(Path(sys.prefix) / "bin"), kept.get("PATH", "")])
        return {**kept, "PATH": path, "PYTHONPATH": str(self._project)}


@contextmanager
def page_session(project: Path) -> Iterator[PageSession]:
    """Open a session whose port nobody else is given: bound here, listened on by the page's server."""
    with socket.socket() as held:
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        held.bind(("127.0.0.1", 0))
        session = PageSession(project, held.getsockname()[1])
        try:
            yield session
        finally:
            session.close()


def normal(text: str) -> str:
    """Text without what a page does not show: runs of spaces, trailing ones, empty lines around."""
    lines = [re.sub(r"[ \t]+", " ", line).strip() for line in text.splitlines()]
    return "\n".join(lines).strip("\n")


def pattern_of(shown: str) -> re.Pattern[str]:
    """What a page shows as a pattern: `...` stands for any text, of one line or many."""
    return re.compile(".*?".join(re.escape(part) for part in normal(shown).split("...")), re.DOTALL)
