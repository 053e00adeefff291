"""What holds of every Dockerfile of the project."""

import configparser
import re
from pathlib import Path

import pytest
from docker.utils.build import exclude_paths

from slipway.images.recipe import Recipe, families

ROOT = Path(__file__).parents[3]
FAMILIES = families(ROOT)
SERVERS = ("serving", "mlflow")
STEPS = [family for family in FAMILIES if family not in SERVERS]
NOT_IN_THE_CONTEXT = {"Dockerfile"}


def text_of(family: str) -> str:
    return Recipe(ROOT, family).dockerfile.read_text()


def final_stage(family: str) -> str:
    return re.split(r"^FROM .*$", text_of(family), flags=re.MULTILINE)[-1]


def test_every_family_has_one():
    assert sorted(path.parent.name for path in (ROOT / "components").glob("*/__init__.py")) == STEPS


@pytest.mark.parametrize("family", FAMILIES)
def test_base_is_pinned_and_an_argument(family):
    bases = re.findall(r"^FROM (\S+)", text_of(family), re.MULTILINE)
    assert set(bases) == {"${BASE}", "dependencies"}
    name, _, version = Recipe(ROOT, family).base_image.partition(":")
    assert name == "python"
    assert version.startswith("3.11")
    assert "latest" not in text_of(family)


@pytest.mark.parametrize("family", FAMILIES)
def test_user_is_a_number_and_not_root(family):
    users = re.findall(r"^USER (\S+)$", text_of(family), re.MULTILINE)
    assert len(users) == 1
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", users[0])
    assert users == ["65532:65532" if family in SERVERS else "1000:1000"]


@pytest.mark.parametrize("family", FAMILIES)
def test_nothing_is_installed_or_run_in_the_final_stage(family):
    instructions = set(re.findall(r"^([A-Z]+) ", final_stage(family), re.MULTILINE))
    assert not instructions & {"RUN", "ADD", "VOLUME"}
    assert all(
        line.startswith("COPY --from=") for line in re.findall(r"^COPY .*", final_stage(family), re.MULTILINE)
    )


@pytest.mark.parametrize("family", FAMILIES)
def test_packages_are_those_of_the_constraint_files_and_depend_on_nothing_else(family):
    dependencies = text_of(family).split("AS code")[0]
    copied = re.search(r"^COPY (constraints/.*) constraints/$", dependencies, re.MULTILINE)[1].split()
    installed = re.findall(r"-r (\S+)", dependencies)
    assert installed == copied
    assert all((ROOT / name).is_file() for name in copied)
    assert "--no-deps" in dependencies
    others = re.findall(r"^COPY (?!constraints/)(\S+)", dependencies, re.MULTILINE)
    assert others == ["slipway/images/trim.py"]


@pytest.mark.parametrize("family", FAMILIES)
def test_locks_of_one_image_agree(family):
    pins: dict[str, set[str]] = {}
    for name in re.findall(r"-r (\S+)", text_of(family)):
        for line in (ROOT / name).read_text().split():
            package, _, version = line.partition("==")
            pins.setdefault(package, set()).add(version)
    assert {package: versions for package, versions in pins.items() if len(versions) > 1} == {}


@pytest.mark.parametrize("family", STEPS)
def test_step_images_have_kfp(family):
    assert "kfp==2.17.0" in "".join((ROOT / name).read_text() for name in re.findall(r"-r (\S+)", text_of(family)))


@pytest.mark.parametrize("family", FAMILIES)
def test_index_of_packages_comes_from_outside(family):
    assert "ARG PIP_INDEX_URL\n" in text_of(family)
    assert not re.search(r"https?://|--index-url|--trusted-host", text_of(family))


@pytest.mark.parametrize("family", FAMILIES)
def test_labels_are_those_of_the_open_container_initiative(family):
    for label in ("title", "description", "licenses", "version", "revision"):
        assert f"org.opencontainers.image.{label}=" in text_of(family)
    assert f'image.title="slipway-{family}"' in text_of(family)


@pytest.mark.parametrize("family", FAMILIES)
def test_dockerignore_lets_a_bare_build_see_all_that_is_copied(family):
    seen = exclude_paths(str(ROOT), (ROOT / ".dockerignore").read_text().splitlines())
    copied = {name for name in Recipe(ROOT, family).files() if Path(name).name not in NOT_IN_THE_CONTEXT}
    assert copied <= seen


def test_dockerignore_keeps_out_what_runs_and_set_ups_left():
    seen = exclude_paths(str(ROOT), (ROOT / ".dockerignore").read_text().splitlines())
    assert not [name for name in seen if re.search(r"(^|/)(\.git|\.venv|\.slipway|tests|__pycache__)(/|$)", name)]


@pytest.mark.parametrize("family", STEPS)
def test_executor_finds_every_component_of_the_family(family, tmp_path):
    """Run the Dockerfile's own line that writes KFP's `kfp_config.ini`."""
    import shutil
    import subprocess

    shutil.copytree(ROOT / "components" / family, tmp_path / "components" / family)
    line = re.search(r"^RUN (\{ .*?\} > kfp_config\.ini)", text_of(family), re.MULTILINE | re.DOTALL)[1]
    subprocess.run(["sh", "-c", line], cwd=tmp_path, check=True)
    config = configparser.ConfigParser()
    config.optionxform = str
    config.read(tmp_path / "kfp_config.ini")
    found = {name: tmp_path / path for name, path in config["Components"].items()}
    expected = {path.stem for path in (ROOT / "components" / family).glob("*.py") if path.name != "__init__.py"}
    assert set(found) == expected
    assert all(path.is_file() for path in found.values())
