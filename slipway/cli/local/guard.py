"""The process that owns one step: started as a script, it starts the step and outlives nothing.

Usage: python -I -S guard.py CONTROL_FD COMMAND...

The runner holds the write end of the control pipe. `T` asks the step's processes to end, `K` kills
them, and so does the end of the pipe: when the runner dies, by whatever signal, the kernel closes
its end and no step survives it. The guard has one thread, so PR_SET_PDEATHSIG, which follows the
parent's thread and not its process, ties the step to the guard safely (prctl(2)). As a child
subreaper the guard inherits the step's orphans and ends them too. It exits as the step did, by the
same code or signal. Standard library only: it must start in milliseconds.
"""

from __future__ import annotations

import ctypes
import os
import resource
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

TERMINATE, KILL = b"T", b"K"
LEFTOVER_GRACE_SECONDS = 2.0
_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36
_ON_LINUX = sys.platform == "linux"


def main(arguments: list[str]) -> int:
    """Run the command to its end and return its exit code; die by its signal if it died by one."""
    control = int(arguments[0])
    os.set_inheritable(control, False)
    wake = _wake_on_child_exit()
    prctl = ctypes.CDLL(None).prctl if _ON_LINUX else None
    if prctl is not None:
        prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    # Safe: this process has one thread, so nothing can hold a lock between fork and exec.
    step = subprocess.Popen(arguments[1:], process_group=0, preexec_fn=_tied_to_this_process(prctl))  # noqa: PLW1509
    killed = _watch(step.pid, control, wake)
    _end_leftovers(step, grace_seconds=0.0 if killed else LEFTOVER_GRACE_SECONDS)
    return exit_like(step.wait())


def _wake_on_child_exit() -> int:
    """Return a descriptor that becomes readable when a child ends or a signal comes."""
    wake, tell = os.pipe()
    os.set_blocking(wake, False)
    os.set_blocking(tell, False)
    signal.set_wakeup_fd(tell, warn_on_full_buffer=False)
    # A handler, not SIG_IGN: the step must not inherit deaf ears. The runner decides when steps end.
    for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: None)
    return wake


def _tied_to_this_process(prctl: Callable[..., int] | None) -> Callable[[], None]:
    guard = os.getpid()

    def tie() -> None:
        if prctl is not None:
            prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
            if os.getppid() != guard:  # it died before the tie held
                os._exit(1)

    return tie


def _watch(step: int, control: int, wake: int) -> bool:
    """Wait for the step's end, passing on orders; return whether it was killed by order."""
    while not _has_ended(step):
        ready, _, _ = select.select([control, wake], [], [])
        if wake in ready:
            with suppress(BlockingIOError):
                os.read(wake, 4096)
        if control in ready:
            order = os.read(control, 1)
            if order != TERMINATE:
                _signal_group(step, signal.SIGKILL)
                return True
            _signal_group(step, signal.SIGTERM)
    return False


def _has_ended(step: int) -> bool:
    """Look without reaping: until the leader is reaped, its process group's number is not reused."""
    return os.waitid(os.P_PID, step, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def _end_leftovers(step: subprocess.Popen[bytes], *, grace_seconds: float) -> None:
    """Let what the step left behind (a pool's resource tracker) end by itself, then kill it."""
    deadline = time.monotonic() + grace_seconds
    while _orphans(step.pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    _signal_group(step.pid, signal.SIGKILL)
    step.wait()
    while orphans := list(_orphans(step.pid)):
        for orphan in orphans:
            with suppress(ProcessLookupError):
                os.kill(orphan, signal.SIGKILL)
            with suppress(ChildProcessError):
                os.waitpid(orphan, 0)


def _orphans(step: int) -> list[int]:
    """Return the processes the guard inherited, the ended ones reaped."""
    inherited = [pid for pid in _children() if pid != step]
    return [pid for pid in inherited if not _reaped(pid)]


def _reaped(pid: int) -> bool:
    with suppress(ChildProcessError):
        return os.waitpid(pid, os.WNOHANG)[0] != 0
    return True


def _children() -> Iterator[int]:
    """Yield the children by /proc, as `ps` does; elsewhere than on Linux there are no adopted ones."""
    guard = str(os.getpid())
    for stat in Path("/proc").glob("[0-9]*/stat") if _ON_LINUX else ():
        with suppress(OSError):
            # The parent is the second field after the command's name, which may hold anything but ends in ")".
            if stat.read_text(errors="replace").rpartition(")")[2].split()[1] == guard:
                yield int(stat.parent.name)


def _signal_group(step: int, number: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(step, number)


def exit_like(code: int) -> int:
    """Die by signal `-code`, or return `code`."""
    if code >= 0:
        return code
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # the step may have left a core; the guard need not
    if -code not in (signal.SIGKILL, signal.SIGSTOP):
        signal.signal(-code, signal.SIG_DFL)
    os.kill(os.getpid(), -code)
    return 128 - code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
