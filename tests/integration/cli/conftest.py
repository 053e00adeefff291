import subprocess

import pytest


@pytest.fixture
def git():
    """Makes a repository of a folder, with everything in one commit, and returns the commit."""

    def commit_all(folder):
        def run(*arguments):
            who = ["-c", "user.name=Someone", "-c", "user.email=someone@example.org"]
            command = ["git", "-C", str(folder), *who, *arguments]
            return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

        run("init", "-q")
        run("add", ".")
        run("commit", "-q", "-m", "Everything")
        return run("rev-parse", "HEAD")

    return commit_all
