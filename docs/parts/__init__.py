"""The parts of the pages that the code itself knows, by name."""

from docs.parts import benchmark, chart_images, charts, command_line, core, server
from docs.parts.part import PARTS

__all__ = ["PARTS", "benchmark", "chart_images", "charts", "command_line", "core", "server"]
