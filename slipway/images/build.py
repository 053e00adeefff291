"""Building an image by the engine, followed step by step."""

from __future__ import annotations

import io
import re
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from slipway.errors import ImageBuildError
from slipway.images.engine import NETWORK
from slipway.images.recipe import Recipe

if TYPE_CHECKING:
    from docker import DockerClient

LAST_LINES = 15
_STEP = re.compile(r"^Step (?P<number>\d+)/(?P<total>\d+) : (?P<instruction>.*)", re.DOTALL)
_NOTE = re.compile(r"^ ?---> |^Removing intermediate container|^Successfully ")
_CURES = (
    (
        r"No matching distribution|Temporary failure in name resolution|NewConnectionError",
        "Let the build reach a package index: PIP_INDEX_URL and PIP_EXTRA_INDEX_URL are passed on to it.",
    ),
    (
        r"pull access denied|manifest unknown|manifest for|lookup .* no such host|connection refused",
        "Load or pull the base image, or name another by SLIPWAY_IMAGE_BASE.",
    ),
    (r"no space left on device", "Free space for the engine: 'docker system prune' removes what nothing uses."),
)


@dataclass(frozen=True)
class BuildEvent:
    """Something a build says: the start of a step, or a line that one prints."""

    number: int
    total: int
    instruction: str
    line: str = ""


def build_image(
    client: DockerClient,
    recipe: Recipe,
    image: str,
    *,
    arguments: Mapping[str, str],
    labels: Mapping[str, str],
    report: Callable[[BuildEvent], None],
) -> None:
    """Build a recipe's image under a name, with the build arguments and labels that are given.

    Raises:
        ImageBuildError: a step failed; carries the last lines of the build.
    """
    base = {"BASE": recipe.base_image} if recipe.base_image else {}
    answers = client.api.build(
        fileobj=io.BytesIO(recipe.context()),
        custom_context=True,
        dockerfile=recipe.dockerfile.relative_to(recipe.root).as_posix(),
        tag=image,
        buildargs={**arguments, **base},
        labels=dict(labels),
        network_mode=NETWORK,
        rm=True,
        forcerm=True,
        decode=True,
    )
    follow(answers, image, report)


def follow(answers: Iterable[Mapping[str, Any]], image: str, report: Callable[[BuildEvent], None]) -> None:
    """Report what the engine says of a build, and raise when it says that the build failed.

    Raises:
        ImageBuildError: a step failed.
    """
    now = BuildEvent(0, 0, "")
    last: deque[str] = deque(maxlen=LAST_LINES)
    for answer in answers:
        if "error" in answer:
            raise _failed(image, now, str(answer["error"]), list(last))
        text = str(answer.get("stream", ""))
        if step := _STEP.match(text):
            instruction = " ".join(step["instruction"].split())
            now = BuildEvent(int(step["number"]), int(step["total"]), instruction)
            last.clear()
            report(now)
            continue
        for line in text.splitlines():
            if line.strip() and not _NOTE.match(line):
                last.append(line.rstrip())
                report(BuildEvent(now.number, now.total, now.instruction, line.strip()))


def _failed(image: str, step: BuildEvent, error: str, last: list[str]) -> ImageBuildError:
    said = "\n".join([*last, error])
    cure = next((cure for pattern, cure in _CURES if re.search(pattern, said)), "Its last lines say why.")
    instruction = step.instruction if len(step.instruction) <= 100 else f"{step.instruction[:100]}…"
    return ImageBuildError(
        f"Image '{image}' cannot be built: step {step.number} of {step.total} failed, '{instruction}'",
        got=error.rpartition(" returned a ")[2].strip() or error,
        cure=cure,
        said_last=said,
    )
