"""`python -m serving --model NAME=ADDRESS`: serve ONNX models.

When it listens it prints one line of JSON on standard output (`serving.announcement`). Logs and
errors go to standard error; the exit code of an error is the one `slipway.errors` gives it.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Sequence

# Linear algebra is ONNX Runtime's; NumPy's own library would set up threads and their memory.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import uvloop

from serving.listener import Listeners
from serving.memory import keep_large_blocks
from serving.observe.logs import configure_logs
from serving.server import Server
from serving.settings import ServingSettings, read_settings
from serving.signals import exit_on_signals, stop_event, stop_when_input_ends
from slipway.errors import SlipwayError


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until told to stop; return the exit code."""
    exit_on_signals()
    try:
        settings = read_settings(sys.argv[1:] if arguments is None else arguments)
        configure_logs(settings.log_format, settings.log_level)
        keep_large_blocks()
        if settings.stop_with_parent:
            stop_when_input_ends()
        listeners = Listeners(
            settings.host, settings.port, settings.grpc_port if settings.grpc_port >= 0 else None
        )
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_serve(settings, listeners))
    except SlipwayError as error:
        print(f"serving: {error}", file=sys.stderr)
        return error.exit_code
    return 0


async def _serve(settings: ServingSettings, listeners: Listeners) -> None:
    stopping = stop_event(asyncio.get_running_loop())
    server = Server(settings, os.environ)
    loading = asyncio.ensure_future(server.load())
    stopped = asyncio.ensure_future(stopping.wait())
    await asyncio.wait((loading, stopped), return_when=asyncio.FIRST_COMPLETED)
    if loading.done():
        stopped.cancel()
        await loading  # to raise what kept a model from loading
        await server.serve(listeners, stopping)


if __name__ == "__main__":
    sys.exit(main())
