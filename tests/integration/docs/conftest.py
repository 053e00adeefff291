"""One quick run of the flagship pipeline, made once for all workers: the start page's own commands."""

import fcntl
import os
from pathlib import Path

import pytest

from tests.support.page_session import copy_project, page_session
from tests.support.pages import START_PAGE


@pytest.fixture(scope="session")
def started_project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project in which the start page has been carried out."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    project, done = shared / "documented-project", shared / "documented-project.done"
    with (shared / "documented-project.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.exists():
            with page_session(copy_project(project)) as session:
                session.run(START_PAGE)
            done.touch()
    return project
