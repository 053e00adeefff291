import subprocess

import pytest

from slipway.cli.revision import git_revision, with_code_revision
from slipway.settings import Settings


@pytest.fixture
def repository(tmp_path):
    (tmp_path / "pipelines").mkdir()
    (tmp_path / "pipelines" / "toy.py").write_text("x = 1\n")
    (tmp_path / "notes.md").write_text("a\n")
    who = ["-c", "user.name=Someone", "-c", "user.email=someone@example.org"]
    for arguments in (["init", "-q"], ["add", "."], [*who, "commit", "-q", "-m", "Begin"]):
        subprocess.run(["git", "-C", str(tmp_path), *arguments], check=True)
    return tmp_path


def test_clean_code_has_its_commit(repository):
    revision = git_revision(repository)
    assert revision is not None
    assert len(revision) == 40


def test_changed_or_new_code_is_dirty(repository):
    (repository / "pipelines" / "new.py").write_text("y = 2\n")
    assert str(git_revision(repository)).endswith("-dirty")
    (repository / "pipelines" / "new.py").unlink()
    (repository / "pipelines" / "toy.py").write_text("x = 2\n")
    assert str(git_revision(repository)).endswith("-dirty")


def test_other_files_do_not_make_code_dirty(repository):
    (repository / "notes.md").write_text("b\n")
    assert not str(git_revision(repository)).endswith("-dirty")


def test_no_repository_has_no_revision(tmp_path):
    assert git_revision(tmp_path) is None
    assert with_code_revision(Settings(home=tmp_path), tmp_path).code_revision == "unknown"


def test_no_git_has_no_revision(repository, monkeypatch):
    monkeypatch.setenv("PATH", str(repository))
    assert git_revision(repository) is None


def test_revision_that_is_set_stays(repository):
    settings = Settings(home=repository, code_revision="v1.2")
    assert with_code_revision(settings, repository) is settings
    assert with_code_revision(Settings(home=repository), repository).code_revision == git_revision(repository)
