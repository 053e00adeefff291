"""Where the answer to one inference request goes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from serving.http.exchange import Exchange

if TYPE_CHECKING:
    from serving.http.face import ModelFace
    from serving.inference.request import Writer
    from serving.observe.spans import ModelRun
    from serving.tensors.question import Question


class HttpReply:
    """One client of HTTP; `writer` knows the form it wants its answer in."""

    __slots__ = ("_face", "exchange", "question", "writer")

    def __init__(self, exchange: Exchange, face: ModelFace, question: Question, writer: Writer) -> None:
        self.exchange = exchange
        self.question = question
        self.writer = writer
        self._face = face

    @property
    def gone(self) -> bool:
        """True once the client has closed its connection."""
        return self.exchange.gone

    def note(self, run: ModelRun) -> None:
        """Keep the run with the exchange, for whoever tells of it."""
        self.exchange.run = run

    def fail(self, error: Exception) -> None:
        """Send the reason."""
        self._face.fail(self.exchange, error)
