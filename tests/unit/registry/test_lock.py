import subprocess
import sys
import threading

import pytest

from slipway.errors import RegistryError, StorageError
from slipway.registry.lock import exclusive

HOLDER = """
import sys, time
from pathlib import Path
from slipway.registry.lock import exclusive
with exclusive(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(600)
"""


def test_a_lock_is_free_again_after_its_block(tmp_path):
    for _ in range(2):
        with exclusive(tmp_path / "locks" / "a.lock", wait_seconds=0):
            pass


def test_a_held_lock_is_waited_for(tmp_path):
    order, inside = [], threading.Event()

    def second():
        inside.wait()
        with exclusive(tmp_path / "a.lock"):
            order.append("second")

    thread = threading.Thread(target=second)
    thread.start()
    with exclusive(tmp_path / "a.lock"):
        inside.set()
        thread.join(timeout=0.2)
        order.append("first")
    thread.join()
    assert order == ["first", "second"]


def test_waiting_ends_with_an_error_that_says_the_lock_goes_with_its_holder(tmp_path):
    with (
        exclusive(tmp_path / "a.lock"),
        pytest.raises(RegistryError, match="dropped with its holder"),
        exclusive(tmp_path / "a.lock", wait_seconds=0),
    ):
        pass


def test_a_lock_is_dropped_when_its_holder_is_killed(tmp_path):
    lock = tmp_path / "a.lock"
    with subprocess.Popen([sys.executable, "-c", HOLDER, str(lock)], stdout=subprocess.PIPE) as holder:
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(RegistryError), exclusive(lock, wait_seconds=0):
            pass
        holder.kill()
        holder.wait()
        with exclusive(lock, wait_seconds=0):
            pass


def test_a_folder_that_cannot_be_written_is_a_storage_error(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises((StorageError, OSError)), exclusive(tmp_path / "file" / "a.lock"):
        pass
