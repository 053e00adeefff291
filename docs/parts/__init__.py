"""The parts of the pages that the code itself knows, by name."""

from docs.parts import benchmark, charts, command_line, core, server
from docs.parts.part import PARTS

__all__ = ["PARTS", "benchmark", "charts", "command_line", "core", "server"]
