"""The image, its chart and the locks speak of one MLflow."""

import re
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[3]
DOCKERFILE = (ROOT / "infra" / "images" / "mlflow" / "Dockerfile").read_text()


def test_the_chart_and_the_image_say_the_version_that_is_installed():
    locked = re.search(
        r"^mlflow==(.+)$", (ROOT / "constraints" / "tracking-server.txt").read_text(), re.MULTILINE
    )[1]
    assert re.search(r"^ARG VERSION=(.+)$", DOCKERFILE, re.MULTILINE)[1] == locked
    assert yaml.safe_load((ROOT / "charts" / "mlflow" / "Chart.yaml").read_text())["appVersion"] == locked


def test_the_image_has_what_the_package_imports():
    copied = set(re.findall(r"slipway/(\w+)\.py", DOCKERFILE)) | {"tracking_server"}
    sources = "".join(path.read_text() for path in (ROOT / "slipway" / "tracking_server").glob("*.py"))
    assert set(re.findall(r"from slipway\.(\w+)", sources)) <= copied
