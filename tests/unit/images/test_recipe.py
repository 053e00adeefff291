import io
import tarfile

import pytest

from slipway.errors import ImageError
from slipway.images.recipe import Recipe, families


@pytest.fixture
def root(tmp_path):
    folder = tmp_path / "components" / "toy"
    folder.mkdir(parents=True)
    (folder / "Dockerfile").write_text(
        "ARG BASE=debian:bookworm-slim\nFROM ${BASE}\n"
        "# COPY nothing here\n"
        "COPY --chown=1:1 components/toy/*.py data /opt/\n"
        "COPY --from=other /a /b\n"
    )
    (folder / "work.py").write_text("work")
    (folder / "notes.txt").write_text("notes")
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "table.csv").write_text("1,2")
    return tmp_path


def test_context_is_the_dockerfile_and_what_it_copies(root):
    names = ["components/toy/Dockerfile", "components/toy/work.py", "data/table.csv"]
    assert list(Recipe(root, "toy").files()) == names
    with tarfile.open(fileobj=io.BytesIO(Recipe(root, "toy").context())) as tar:
        assert tar.getnames() == names
        assert tar.extractfile("data/table.csv").read() == b"1,2"


def test_context_does_not_depend_on_times_or_modes(root):
    before = Recipe(root, "toy").context()
    path = root / "data" / "table.csv"
    path.unlink()
    path.write_text("1,2")
    path.chmod(0o600)
    assert Recipe(root, "toy").context() == before


def test_base_is_the_dockerfile_s_own_unless_another_is_named(root):
    assert Recipe(root, "toy").base_image == "debian:bookworm-slim"
    assert Recipe(root, "toy", "mirror.example/debian:1").base_image == "mirror.example/debian:1"


def test_copy_of_what_is_not_there_is_told(root):
    (root / "data" / "table.csv").unlink()
    (root / "data").rmdir()
    with pytest.raises(ImageError, match=r"'components/toy/Dockerfile' copies 'data', and there is no such file"):
        Recipe(root, "toy").files()


def test_families_are_the_folders_with_a_dockerfile_and_the_server(root):
    (root / "components" / "bare").mkdir()
    assert families(root) == ["toy"]
    (root / "serving").mkdir()
    (root / "serving" / "Dockerfile").touch()
    assert families(root) == ["toy", "serving"]
    (root / "infra/images/store").mkdir(parents=True)
    (root / "infra/images/store/Dockerfile").write_text("FROM scratch\n")
    assert families(root) == ["toy", "serving", "store"]
    assert Recipe(root, "store").dockerfile == root / "infra/images/store/Dockerfile"
