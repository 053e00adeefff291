"""Clients that ask without pause, as long as a block lasts."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tests.support.serving_process import Answer, ServingProcess, ask

Question = Callable[[], Answer]
_WAIT_SECONDS = 60.0


class Load:
    """`answers` has what came back; `lost` the requests that were sent and not answered whole."""

    def __init__(self, pause_seconds: float = 0.0) -> None:
        self._pause_seconds = pause_seconds
        self.answers: list[Answer] = []
        self.lost: list[str] = []
        self.told_to_leave = 0  # clients that were asked to close their connection, and did for good
        self._over = threading.Event()
        self._came = threading.Condition()

    def wait_for(self, condition: Callable[[list[Answer]], bool]) -> None:
        """Wait until what has come back satisfies a condition."""
        with self._came:
            met = self._came.wait_for(lambda: condition(self.answers), _WAIT_SECONDS)
        assert met, f"never, of {len(self.answers)} answers; lost: {self.lost[:3]}"

    def wait_for_more(self, count: int) -> None:
        """Wait for so many more answers."""
        end = len(self.answers) + count
        self.wait_for(lambda answers: len(answers) >= end)

    def run(self, client: http.client.HTTPConnection, path: str, body: bytes) -> None:
        """Ask one after the other on one connection until the block is over, or the server asks to close."""
        while not self._over.is_set():
            try:
                answer = ask(client, "POST", path, body)
            except (OSError, http.client.HTTPException) as error:
                self.lost.append(repr(error))
                client.close()
                return
            with self._came:
                self.answers.append(answer)
                self._came.notify_all()
            if answer.headers.get("connection") == "close":
                self.told_to_leave += 1
                return
            self._over.wait(self._pause_seconds)

    def end(self) -> None:
        """Ask no more."""
        self._over.set()


@contextmanager
def load(
    server: ServingProcess, path: str, body: bytes, *, clients: int = 4, pause_seconds: float = 0.0
) -> Iterator[Load]:
    """Ask the same by so many clients, each on a connection of its own."""
    running = Load(pause_seconds)
    connections = [server.connect() for _ in range(clients)]
    threads = [threading.Thread(target=running.run, args=(each, path, body)) for each in connections]
    for thread in threads:
        thread.start()
    try:
        yield running
    finally:
        running.end()
        for thread in threads:
            thread.join(_WAIT_SECONDS)
        for connection in connections:
            connection.close()
