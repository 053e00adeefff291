"""The picture of a run: how close each server comes to ONNX Runtime alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.benchmarks.serving.goals import ratio_goals
from tests.benchmarks.serving.protocols import PROTOCOLS
from tests.benchmarks.serving.results import OURS, Results

_COLOURS = ("#0b6e4f", "#e07a5f", "#8d99ae", "#3d5a80")
_TITLES = {"json": "JSON", "binary": "binary tensors", "grpc": "gRPC"}
_BAR = 0.8  # width of all bars of a model
_LEAST = 0.005


def draw(results: Results, path: Path) -> None:
    """Draw one panel for each protocol: ratios on a logarithmic axis, goals as ticks, ranges as whiskers."""
    import matplotlib as mpl
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    mpl.rcParams["svg.hashsalt"] = "slipway"  # the same results give the same file
    protocols = [one for one in PROTOCOLS if any(sample.protocol == one for sample in results.samples)]
    figure = Figure(figsize=(3.6 * len(protocols) + 0.6, 4.2), layout="constrained")
    panels = figure.subplots(1, len(protocols), sharey=True, squeeze=False)[0]
    for panel, protocol in zip(panels, protocols, strict=True):
        _draw_protocol(panel, results, protocol)
    highest = max(sample.per_second / (sample.raw or sample.per_second) for sample in results.samples)
    panels[0].set_ylim(_LEAST, 2 * max(highest, *ratio_goals().values()))
    panels[0].set_ylabel("answers/s over calls/s of ONNX Runtime alone")
    servers = [OURS, *results.facts["peers"]]
    handles: list[Any] = [Patch(color=colour, label=name) for name, colour in zip(servers, _COLOURS, strict=False)]
    handles.append(Line2D([], [], color="black", label="goal"))
    figure.legend(handles=handles, loc="outside upper center", ncols=len(handles), frameon=False)
    figure.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else None, dpi=150)


def _draw_protocol(panel: Any, results: Results, protocol: str) -> None:
    models, servers = results.models, [OURS, *results.facts["peers"]]
    width = _BAR / len(servers)
    for number, server in enumerate(servers):
        for place, model in enumerate(models):
            left = place - _BAR / 2 + width * (number + 0.5)
            _draw_bar(panel, results, (model, server, protocol), left, width, _COLOURS[number])
    for place, model in enumerate(models):
        if (goal := ratio_goals().get((model, protocol))) is not None:
            panel.plot([place - _BAR / 2, place - _BAR / 2 + width], [goal, goal], color="black")
    panel.axhline(1, color="grey", linewidth=0.8, linestyle=":")
    panel.set(title=_TITLES[protocol], yscale="log", xticks=range(len(models)))
    panel.set_xticklabels(models, rotation=30, ha="right")
    panel.yaxis.set_major_formatter(lambda value, _: f"{value:g}")
    panel.grid(axis="y", color="#e5e5e5")
    panel.set_axisbelow(True)
    panel.spines[["top", "right"]].set_visible(False)


def _draw_bar(
    panel: Any, results: Results, what: tuple[str, str, str], left: float, width: float, colour: str
) -> None:
    ratio = results.ratio(*what)
    if ratio is None:
        return
    whiskers = [[ratio.middle - ratio.least], [ratio.most - ratio.middle]]
    panel.bar(left, ratio.middle, width * 0.92, color=colour, yerr=whiskers, ecolor="#00000080")
    text = f"{ratio.middle:.2g}" if ratio.middle < 1 else f"{ratio.middle:.1f}"
    panel.annotate(
        text.removeprefix("0"), (left, ratio.most), (0, 2), textcoords="offset points", ha="center", fontsize=7
    )
