"""What the README of a chart shows."""

from urllib.parse import unquote

from tests.support.charts import FOLDER
from tests.support.pages import anchors_of, blocks_of, links_of


def test_the_readme_has_the_table_of_values(chart):
    """That it is up to date is what `python docs/generate.py --check` says."""
    assert f"<!-- generated: values-{chart} -->" in (FOLDER / chart / "README.md").read_text(encoding="utf-8")


def test_every_link_leads_somewhere(chart):
    page = FOLDER / chart / "README.md"
    for link in links_of(page):
        path, _, anchor = unquote(link).partition("#")
        target = (page.parent / path).resolve() if path else page
        assert "://" in link or target.exists(), link
        assert not anchor or anchor in anchors_of(target), link


def test_every_command_says_that_it_needs_a_cluster(chart):
    for block in blocks_of(FOLDER / chart / "README.md"):
        assert block.kind == "not run", block
