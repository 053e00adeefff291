"""A real PostgreSQL on loopback, from the binaries that the machine has."""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.processes import ServerProcess, accepts, free_ports

_LEAN = (
    "fsync=off",
    "full_page_writes=off",
    "synchronous_commit=off",
    "shared_buffers=16MB",
    "max_connections=60",
)


@contextmanager
def postgres() -> Iterator[str]:
    """Run a server with a fresh database; yields its SQLAlchemy URI, with a password."""
    programs = binaries()
    # Not below pytest's folder, which no other user may enter: PostgreSQL refuses to run as root.
    folder = Path(tempfile.mkdtemp(prefix="slipway-postgres-"))
    user = _unprivileged()
    if user is not None:
        os.chown(folder, *user)
    try:
        password = _initialise(programs, folder, user)
        (port,) = free_ports(1)
        server = ServerProcess(_command(programs, folder, port), folder / "log", user=user)
        try:
            server.wait_until(lambda: accepts(port))
            yield f"postgresql+psycopg2://slipway:{password}@127.0.0.1:{port}/postgres"
        finally:
            server.stop(signal.SIGINT)  # "fast": waits for no client, and frees its shared memory
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def binaries() -> Path:
    """The folder of the newest PostgreSQL's programs; without one the test is skipped."""
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    on_path = [Path(found).parent for name in ["initdb"] if (found := shutil.which(name))]
    for folder in [*debian, *on_path]:
        if (folder / "postgres").exists() and (folder / "initdb").exists():
            return folder
    pytest.skip("PostgreSQL's initdb and postgres are neither on PATH nor in /usr/lib/postgresql/*/bin")


def _unprivileged() -> tuple[int, int] | None:
    """Ids of the user to run as; None keeps the own."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return entry.pw_uid, entry.pw_gid
    pytest.skip("root cannot run PostgreSQL, and there is neither a user 'postgres' nor 'nobody'")


def _initialise(binaries: Path, folder: Path, user: tuple[int, int] | None) -> str:
    password = secrets.token_hex(8)
    secret = folder / "password"
    secret.write_text(password)
    secret.chmod(0o644)
    command = [binaries / "initdb", "-D", folder / "data", "-U", "slipway", "-A", "scram-sha-256"]
    command += [f"--pwfile={secret}", "-E", "UTF8", "--no-sync", "--no-instructions"]
    identity = {} if user is None else {"user": user[0], "group": user[1], "extra_groups": []}
    subprocess.run(command, check=True, capture_output=True, cwd=folder, **identity)  # type: ignore[call-overload]
    return password


def _command(binaries: Path, folder: Path, port: int) -> list[str]:
    options = ("listen_addresses=127.0.0.1", f"unix_socket_directories={folder}", *_LEAN)
    command = [str(binaries / "postgres"), "-D", str(folder / "data"), "-p", str(port)]
    return command + [part for option in options for part in ("-c", option)]
