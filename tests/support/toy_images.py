"""The toy project with images: its steps' on the release family's, and a tiny one from nothing."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path

from tests.support.toy import ToyProject, make_toy_project

ROOT = Path(__file__).parents[2]
STEPS = """\
ARG BASE={base}
FROM ${{BASE}}
ENV TOY_SCRATCH={scratch}
COPY components/toy/*.py /opt/app/components/toy/
USER 0:0
RUN {{ echo '[Components]'; \\
      for file in components/toy/*.py; do echo "$(basename "${{file}}" .py) = ${{file}}"; done; }} > kfp_config.ini
USER 1000:1000
"""
TINY = "FROM scratch\nCOPY components/tiny /\n"


def make_toy_images(folder: Path, base: str) -> ToyProject:
    """Make the toy project; its scratch lies under its home, which its containers see too."""
    made = make_toy_project(folder)
    project = replace(made, scratch=made.home / "scratch")
    project.scratch.mkdir(parents=True)
    write_dockerfile(project, "toy", STEPS.format(base=base, scratch=project.scratch))
    return project


def write_dockerfile(project: ToyProject, family: str, text: str) -> None:
    """Write a family's Dockerfile."""
    path = project.root / "components" / family / "Dockerfile"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)


def write_tiny(project: ToyProject, content: str = "tiny") -> None:
    """Write a family whose image is one small layer."""
    write_dockerfile(project, "tiny", TINY)
    (project.root / "components" / "tiny" / "content.py").write_text(content)


def succeed(answer: subprocess.CompletedProcess[str]) -> subprocess.CompletedProcess[str]:
    assert answer.returncode == 0, answer.stderr
    return answer
