import pytest

from slipway.errors import ImageError
from slipway.images.tags import code_tag

DOCKERFILE = """\
ARG BASE=python:3.11-slim
FROM ${BASE} AS dependencies
COPY constraints/toy.txt constraints/
FROM ${BASE}
COPY --from=dependencies /opt /opt
COPY slipway slipway/
COPY components/toy/*.py \\
     /opt/app/
"""


@pytest.fixture
def root(tmp_path):
    for name, text in {
        "components/toy/write_note.py": "a",
        "components/toy/README.md": "about it",
        "components/toy/Dockerfile": DOCKERFILE,
        "components/bare/step.py": "b",
        "slipway/core.py": "c",
        "slipway/deep/core.py": "d",
        "pyproject.toml": "e",
        "constraints/toy.txt": "f",
        "constraints/dev.txt": "g",
        "docs/index.md": "h",
    }.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


@pytest.mark.parametrize("family", ["toy", "bare"])
def test_tag_is_twelve_hex_digits_and_repeats(root, family):
    tag = code_tag(root, family)
    assert len(tag) == 12
    assert int(tag, 16) >= 0
    assert code_tag(root, family) == tag


@pytest.mark.parametrize(
    "changed",
    [
        "components/toy/write_note.py",
        "components/toy/Dockerfile",
        "slipway/deep/core.py",
        "constraints/toy.txt",
    ],
)
def test_tag_follows_what_the_dockerfile_copies(root, changed):
    before = code_tag(root, "toy")
    path = root / changed
    path.write_text(path.read_text() + "\n# changed")
    assert code_tag(root, "toy") != before


@pytest.mark.parametrize(
    "changed",
    [
        "components/bare/step.py",
        "components/toy/README.md",
        "constraints/dev.txt",
        "docs/index.md",
        "pyproject.toml",
    ],
)
def test_tag_ignores_what_the_dockerfile_does_not_copy(root, changed):
    before = code_tag(root, "toy")
    (root / changed).write_text("changed")
    assert code_tag(root, "toy") == before


def test_tag_ignores_litter(root):
    before = code_tag(root, "toy"), code_tag(root, "bare")
    for folder in ("components/bare", "slipway/deep"):
        litter = root / folder / "__pycache__"
        litter.mkdir()
        (litter / "core.cpython-311.pyc").write_bytes(b"x")
        (root / folder / ".step.py.swp").write_text("x")
    assert (code_tag(root, "toy"), code_tag(root, "bare")) == before


def test_tag_follows_the_base_and_says_the_same_when_it_is_named(root):
    assert code_tag(root, "toy", "python:3.11-slim") == code_tag(root, "toy")
    assert code_tag(root, "toy", "mirror.example/python:3.11-slim") != code_tag(root, "toy")


@pytest.mark.parametrize("family", ["toy", "bare"])
def test_tag_follows_a_renamed_file(root, family):
    before = code_tag(root, family)
    (root / "slipway/core.py").rename(root / "slipway/kernel.py")
    assert code_tag(root, family) != before


@pytest.mark.parametrize("changed", ["components/bare/step.py", "slipway/core.py", "pyproject.toml"])
def test_tag_of_a_family_without_dockerfile_follows_its_folder_core_and_locks(root, changed):
    before = code_tag(root, "bare")
    (root / changed).write_text("changed")
    assert code_tag(root, "bare") != before


def test_tag_covers_the_installed_core_when_the_project_has_none(root):
    own = code_tag(root, "bare")
    for path in sorted((root / "slipway").rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    (root / "slipway").rmdir()
    assert code_tag(root, "bare") != own


def test_unknown_family_names_the_folder_that_is_missing(root):
    with pytest.raises(ImageError, match="belongs to no component family.*components/nothing"):
        code_tag(root, "nothing")
