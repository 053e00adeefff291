"""`slipway serve` as a process: it announces, it reports, it leaves nothing behind."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from slipway.bundle.bundle import Bundle
from slipway.cli.server_process import ServerOptions, model_server
from slipway.errors import EndpointError, ExitCode
from slipway.registry.record import RunRecord
from slipway.registry.recorder import record_run
from slipway.registry.versions import register_bundle
from slipway.settings import Settings

pytestmark = pytest.mark.slow

SLIPWAY = [sys.executable, "-c", "import sys; from slipway.cli.main import main; sys.exit(main())"]


@contextmanager
def slipway_serve(model, *options, **how):
    """Start the command, yield it with its model's URL and its server, and leave none behind."""
    arguments = [*SLIPWAY, "serve", str(model), "--port", "0", *options]
    with subprocess.Popen(
        arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True, **how
    ) as process:
        try:
            head = process.stdout.readline(), process.stdout.readline().strip()
            server = psutil.Process(process.pid).children()[0]
            yield process, head, server
        finally:
            process.kill()


def run_to_its_end(*arguments, **how):
    return subprocess.run(
        [*SLIPWAY, *map(str, arguments)], capture_output=True, text=True, timeout=120, check=False, **how
    )


def metadata(url):
    with urllib.request.urlopen(url, timeout=60) as response:
        return json.loads(response.read()), response.headers


def test_it_says_what_it_serves_and_where(flights):
    with slipway_serve(flights.path, "--name", "flights") as (_, (what, url), _):
        content, headers = metadata(url)

        assert what.startswith("Serving flights version ")
        assert flights.digest in what
        assert content["name"] == "flights"
        assert headers["slipway-bundle-digest"] == flights.digest


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("deliver", [os.killpg, os.kill], ids=["to the group", "to the command"])
def test_an_interrupt_ends_it_and_its_server(flights, number, deliver):
    with slipway_serve(flights.path) as (process, _, server):
        deliver(process.pid, number)

        assert process.wait(60) == ExitCode.OK
        assert not server.is_running()
        assert "Stopped." in process.stderr.read()


def test_its_server_ends_even_when_it_is_killed(flights):
    with slipway_serve(flights.path) as (process, _, server):
        process.kill()

        gone, alive = psutil.wait_procs([server], timeout=60)
        assert (len(gone), alive) == (1, [])


def test_a_server_that_dies_ends_the_command_with_the_reason(flights):
    with slipway_serve(flights.path) as (process, _, server):
        server.kill()

        assert process.wait(60) == ExitCode.UNREACHABLE
        assert "The model server ended: it was killed" in process.stderr.read()


def test_a_taken_port_is_refused_with_its_holder(flights):
    with socket.create_server(("127.0.0.1", 0)) as holder:
        port = holder.getsockname()[1]
        ended = run_to_its_end("serve", flights.path, "--port", port)

    assert ended.returncode == ExitCode.UNREACHABLE
    assert f"Port {port} on 127.0.0.1 is in use" in ended.stderr
    assert f"(process {os.getpid()})" in ended.stderr


def test_a_changed_bundle_is_refused(flights, tmp_path):
    copy = shutil.copytree(flights.path, tmp_path / "copy")
    (copy / "card.md").write_text("Better than it is.")

    ended = run_to_its_end("serve", copy, "--port", "0")

    assert ended.returncode == ExitCode.FAILED
    assert "card.md has changed" in ended.stderr


def test_a_registered_model_is_served_under_its_name_and_version(flights, tmp_path):
    settings = Settings(home=tmp_path / "home", tracking_uri="")
    run = record_run(RunRecord(name="run", pipeline="tiny", bundle=flights), settings)
    version = register_bundle("late flights", Bundle.open(flights.path), run, settings).version

    with slipway_serve(
        "models:/late flights@challenger", env={**os.environ, **settings.environment()}, cwd=tmp_path
    ) as (_, (what, url), _):
        content, headers = metadata(url)

    assert what.startswith(f"Serving late-flights version {version} ")
    assert (content["name"], content["versions"]) == ("late-flights", [version])
    assert headers["slipway-bundle-digest"] == flights.digest


def test_a_server_that_cannot_start_says_why(flights):
    options = ServerOptions(flights.path, "not a name")
    with (
        pytest.raises(EndpointError, match=r"did not start: The model's name cannot stand in a URL"),
        model_server(options),
    ):
        pass


def test_a_bundle_that_vanishes_before_the_server_reads_it_is_named(tmp_path):
    with (
        pytest.raises(EndpointError, match=r"did not start: .*holds no model"),
        model_server(ServerOptions(Path(tmp_path), "flights")),
    ):
        pass
