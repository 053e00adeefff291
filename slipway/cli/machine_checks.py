"""What the machine offers: disk, memory, cores and the server's port."""

from __future__ import annotations

import os
import shutil
import socket
import tempfile
from pathlib import Path

import psutil

from slipway.cli.doctor_checks import Finding, check, fail, ok, warn
from slipway.cli.ports import holder_of_port
from slipway.settings import Settings

SERVER_PORT = 8080
GIGABYTE = 10**9
LEAST_DISK_BYTES = 1 * GIGABYTE  # one run of the flagship pipeline with its caches
GOOD_DISK_BYTES = 5 * GIGABYTE
LEAST_MEMORY_BYTES = 1 * GIGABYTE
GOOD_MEMORY_BYTES = 4 * GIGABYTE
GOOD_CORES = 2


@check("disk")
def check_disk(settings: Settings) -> Finding:
    """Measure the free space under the home folder."""
    folder = _existing(settings.home)
    free = shutil.disk_usage(folder).free
    detail = f"{free / GIGABYTE:.1f} GB free under '{folder}'"
    cure = "Free space, or point SLIPWAY_HOME at a larger disk."
    if free < LEAST_DISK_BYTES:
        return fail(detail, cure)
    return ok(detail) if free >= GOOD_DISK_BYTES else warn(detail, cure)


@check("home")
def check_home(settings: Settings) -> Finding:
    """Write a file into the home folder, or where it would be created, and remove it."""
    cure = "Make it writable for this user, or point SLIPWAY_HOME elsewhere."
    folder = _existing(settings.home)
    if not folder.is_dir():
        return fail(f"'{folder}' is a file", "Point SLIPWAY_HOME at a folder.")
    try:
        with tempfile.NamedTemporaryFile(prefix=".slipway-doctor-", dir=folder) as file:
            file.write(b"?")
    except OSError as error:
        return fail(f"'{folder}' cannot be written: {error.strerror}", cure)
    return ok(f"'{settings.home.resolve()}' is writable")


@check("memory")
def check_memory(_: Settings) -> Finding:
    """Measure the memory that can be had without swapping."""
    available, total = psutil.virtual_memory().available, psutil.virtual_memory().total
    detail = f"{available / GIGABYTE:.1f} of {total / GIGABYTE:.1f} GB available"
    cure = "End other programs: a run of the flagship pipeline takes about 2 GB."
    if available < LEAST_MEMORY_BYTES:
        return fail(detail, cure)
    return ok(detail) if available >= GOOD_MEMORY_BYTES else warn(detail, cure)


@check("cores")
def check_cores(_: Settings) -> Finding:
    """Count the cores that this process may use."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if cores >= GOOD_CORES:
        return ok(f"{cores} usable")
    return warn(f"{cores} usable", "Expect the search to take longer, or give the machine a second core.")


@check("port 8080")
def check_port(_: Settings) -> Finding:
    """Bind the server's default port for a moment; if that fails, name who holds it."""
    return port_finding(SERVER_PORT)


def port_finding(port: int) -> Finding:
    """Say whether `port` can be bound on every address, and if not who listens there."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as servers do, past TIME_WAIT
        try:
            probe.bind(("", port))
        except OSError as error:
            holder = holder_of_port(port)
            detail = f"held by {holder}" if holder else f"not to be had: {error.strerror}"
            return warn(detail, "End it, or serve on another port: slipway serve --port 8081.")
    return ok("free")


def _existing(path: Path) -> Path:
    resolved = path.resolve()
    return next(folder for folder in (resolved, *resolved.parents) if folder.exists())
