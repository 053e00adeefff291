"""A Git repository on the cluster's Git server, with a clone here to commit in."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.support.helm import kubectl, kubectl_path, run

_SERVER = ("--namespace", "argocd", "deploy/git")
_AUTHOR = {"user.name": "slipway", "user.email": "slipway@example.com", "commit.gpgsign": "false"}
BRANCH = "main"


@dataclass(frozen=True)
class GitRepository:
    """A bare repository in the cluster and its clone in `folder`."""

    name: str
    folder: Path

    @property
    def url(self) -> str:
        """Where Argo CD reads it."""
        return f"git://git.argocd.svc/{self.name}.git"

    @classmethod
    def create(cls, name: str, folder: Path) -> GitRepository:
        """Make both, empty."""
        kubectl(
            "exec", *_SERVER, "--", "git", "init", "--quiet", "--bare", f"--initial-branch={BRANCH}", _bare(name)
        )
        run(["git", "init", "--quiet", f"--initial-branch={BRANCH}", str(folder)])
        made = cls(name, folder)
        for key, value in _AUTHOR.items():
            made.git("config", key, value)
        made.git("config", "protocol.ext.allow", "always")
        made.git("remote", "add", "origin", _through_kubectl(name))
        return made

    def delete(self) -> None:
        """Delete the one in the cluster."""
        kubectl("exec", *_SERVER, "--", "rm", "-rf", _bare(self.name))

    def copy(self, *folders: Path, root: Path) -> None:
        """Put folders of the project in, at the same place; nothing is committed yet."""
        for folder in folders:
            shutil.copytree(
                folder,
                self.folder / folder.relative_to(root),
                ignore=shutil.ignore_patterns("*.tgz", "__pycache__"),
                dirs_exist_ok=True,
            )

    def push(self, message: str, files: Mapping[str, str | None] = {}) -> str:
        """Write files, or delete those with None, commit and push; returns the revision."""
        for path, text in files.items():
            target = self.folder / path
            if text is None:
                target.unlink()
            else:
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_text(text, encoding="utf-8")
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", message)
        return self._push()

    def revert(self) -> str:
        """Undo the last commit by another one and push; returns the revision."""
        self.git("revert", "--no-edit", "HEAD")
        return self._push()

    def git(self, *arguments: str) -> str:
        """Run git in the clone."""
        return run(["git", "-C", str(self.folder), *arguments])

    def _push(self) -> str:
        self.git("push", "--quiet", "origin", BRANCH)
        return self.git("rev-parse", "HEAD").strip()


def _bare(name: str) -> str:
    return f"/git/{name}.git"


def _through_kubectl(name: str) -> str:
    """git's own protocol over `kubectl exec`: no port is opened."""
    server = " ".join(("exec", "--stdin", *_SERVER))
    return f"ext::{kubectl_path()} {server} -- %S {_bare(name)}"
