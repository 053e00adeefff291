"""The documentation is true: every command runs, every output has the shape shown, every link leads on."""

import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote

import pytest

from slipway.cli.ir import compile_ir
from slipway.cli.local.plan import plan_steps
from slipway.cli.parameters import complete_arguments
from tests.support.page_session import copy_project, copy_with_home, normal, page_session, pattern_of
from tests.support.pages import FOLDER_PAGES, PAGES, ROOT, START_PAGE, Block, anchors_of, blocks_of, links_of

MOST_NOT_RUN = 8  # beside what needs a cluster, which tests/cluster tries out
LEAST_REASON_WORDS = 3
EXTERNAL = ("http://", "https://", "mailto:")

BLOCKS = [block for page in PAGES for block in blocks_of(page)]


def page_name(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


@pytest.mark.slow
@pytest.mark.parametrize("page", [page for page in PAGES if page != START_PAGE], ids=page_name)
def test_page_does_what_it_says(page: Path, started_project: Path, tmp_path: Path) -> None:
    if not any(block.runs for block in blocks_of(page)):
        pytest.skip("the page has no command")
    with page_session(copy_with_home(started_project, tmp_path / "slipway")) as session:
        session.run(page)


def test_every_block_is_run_or_says_why_not() -> None:
    for block in BLOCKS:
        is_quoted = block.kind in {"file", "from"}
        assert block.language in {"bash", "console"} or is_quoted, f"{block} is neither a command nor a quotation"
    not_run = [block for block in BLOCKS if block.kind == "not run"]
    assert len([block for block in not_run if "cluster" not in block.remark]) <= MOST_NOT_RUN
    for block in not_run:
        assert len(block.remark.split()) >= LEAST_REASON_WORDS, f"{block} does not say why it is not run"


@pytest.mark.parametrize("block", [block for block in BLOCKS if block.kind == "from"], ids=str)
def test_quoted_lines_stand_in_their_file(block: Block) -> None:
    assert block.text in (ROOT / block.remark).read_text(encoding="utf-8")


def test_steps_shown_in_the_readme_are_those_of_the_flagship() -> None:
    shown = next(block.text for block in blocks_of(ROOT / "README.md") if block.text.startswith("$ make demo"))
    compiled = compile_ir("flight_delay", ROOT, image_prefix="", given={})
    planned = plan_steps(compiled.document, complete_arguments(compiled.document, compiled.name)).steps
    assert re.findall(r"^✓ +(\S+) +done in", shown, re.MULTILINE) == [step.name for step in planned]
    assert f"{len(planned)} steps run" in shown


@pytest.mark.parametrize("page", [*PAGES, *FOLDER_PAGES], ids=page_name)
def test_every_link_leads_somewhere(page: Path) -> None:
    for link in links_of(page):
        if link.startswith(EXTERNAL):
            continue
        path, _, anchor = unquote(link).partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), f"{page_name(page)} links to {link}"
        assert not anchor or anchor in anchors_of(target), f"{page_name(page)} links to {link}"


def test_every_page_is_reached_from_the_index() -> None:
    reached, pending = set(), [START_PAGE]
    while pending:
        page = pending.pop()
        reached.add(page)
        links = (page.parent / link.partition("#")[0] for link in links_of(page) if not link.startswith(EXTERNAL))
        pending += {link.resolve() for link in links if link.suffix == ".md"} - reached
    assert {*PAGES, *FOLDER_PAGES} <= reached


def test_generated_parts_are_what_the_code_says() -> None:
    answer = generate(ROOT, "--check")
    assert answer.returncode == 0, answer.stderr


def test_generate_names_the_page_that_drifted_and_mends_it(tmp_path: Path) -> None:
    project = copy_project(tmp_path / "slipway")
    page = project / "docs/settings.md"
    written = page.read_text()
    page.write_text(written.replace("SLIPWAY_HOME", "SLIPWAY_HOUSE"))
    drifted = generate(project, "--check")
    assert drifted.returncode == 1
    assert "docs/settings.md" in drifted.stderr
    assert "python docs/generate.py" in drifted.stderr
    assert page.read_text() != written
    assert generate(project).returncode == 0
    assert page.read_text() == written


def generate(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(project / "docs/generate.py"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("shown", "said", "fits"),
    [
        ("model: ...\n  version: 1", "model: models:/a/1\nversion:  1", True),
        ("one\n...\nthree", "one\ntwo\ntwo and a half\nthree", True),
        ("done in ... s", "failed after 3 s", False),
        ("one", "one\ntwo", False),
        ("a.c", "abc", False),
    ],
)
def test_shown_output_fits_only_what_has_its_shape(shown: str, said: str, fits: bool) -> None:
    assert (pattern_of(shown).fullmatch(normal(said)) is not None) is fits
