import pytest

from slipway.cli.images import code_tag, family_of, pin_images, tag_of
from slipway.errors import PipelineError


@pytest.fixture
def root(tmp_path):
    for name, text in {
        "components/toy/write_note.py": "a",
        "components/toy/Dockerfile": "FROM x",
        "components/other/step.py": "b",
        "slipway/core.py": "c",
        "slipway/deep/core.py": "d",
        "pyproject.toml": "e",
        "constraints/dev.txt": "f",
        "docs/index.md": "g",
    }.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


def test_tag_is_twelve_hex_digits_and_repeats(root):
    tag = code_tag(root, "toy")
    assert len(tag) == 12
    assert int(tag, 16) >= 0
    assert code_tag(root, "toy") == tag


@pytest.mark.parametrize(
    "changed",
    [
        "components/toy/write_note.py",
        "components/toy/Dockerfile",
        "slipway/deep/core.py",
        "pyproject.toml",
        "constraints/dev.txt",
    ],
)
def test_tag_follows_what_the_image_is_made_of(root, changed):
    before = code_tag(root, "toy")
    (root / changed).write_text("changed")
    assert code_tag(root, "toy") != before


def test_tag_ignores_other_families_docs_and_litter(root):
    before = code_tag(root, "toy")
    (root / "components/other/step.py").write_text("changed")
    (root / "docs/index.md").write_text("changed")
    litter = root / "components/toy/__pycache__"
    litter.mkdir()
    (litter / "write_note.cpython-311.pyc").write_bytes(b"x")
    (root / "components/toy/.step.py.swp").write_text("x")
    assert code_tag(root, "toy") == before


def test_tag_follows_a_renamed_file(root):
    before = code_tag(root, "toy")
    (root / "slipway/core.py").rename(root / "slipway/kernel.py")
    assert code_tag(root, "toy") != before


def test_tag_covers_the_installed_core_when_the_project_has_none(root):
    own = code_tag(root, "toy")
    for path in sorted((root / "slipway").rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    (root / "slipway").rmdir()
    assert code_tag(root, "toy") != own


def test_unknown_family_names_the_folder_that_is_missing(root):
    with pytest.raises(PipelineError, match="belongs to no component family.*components/nothing"):
        code_tag(root, "nothing")


@pytest.mark.parametrize(
    ("image", "family", "tag"),
    [
        ("slipway-toy", "toy", ""),
        ("registry.example:5000/team/slipway-toy:0123abc", "toy", "0123abc"),
        ("python:3.11-slim", None, ""),
        ("python", None, ""),
    ],
)
def test_family_and_tag_are_read_from_an_image(image, family, tag):
    assert family_of(image) == family
    assert tag_of(image) == tag


def test_pinning_leaves_foreign_images_alone(root):
    document = {
        "deploymentSpec": {
            "executors": {
                "a": {"container": {"image": "slipway-toy"}},
                "b": {"container": {"image": "python:3.11-slim"}},
                "c": {"importer": {"artifactUri": {}}},
            }
        }
    }
    pinned = pin_images(document, root, "example.org/ml/")
    image = f"example.org/ml/slipway-toy:{code_tag(root, 'toy')}"
    assert pinned == {"toy": image}
    executors = document["deploymentSpec"]["executors"]
    assert executors["a"]["container"]["image"] == image
    assert executors["b"]["container"]["image"] == "python:3.11-slim"
