from pathlib import Path

import pytest
import yaml

from slipway.images.helm_values import PLACES, helm_values
from slipway.images.recipe import families

ROOT = Path(__file__).parents[3]


def test_images_stand_where_the_charts_look_for_them():
    mlflow = "registry.example/team/slipway-mlflow:12ab"
    images = {"mlflow": mlflow, "serving": "slipway-serving:34cd", "tabular": "x:1"}
    assert helm_values(images) == {
        "mlflow": {"image": {"repository": "registry.example/team/slipway-mlflow", "tag": "12ab"}},
        "serving-runtime": {"image": {"repository": "slipway-serving", "tag": "34cd"}},
    }


@pytest.mark.parametrize("family", PLACES)
def test_every_place_is_one_of_a_chart_and_every_family_has_an_image(family):
    assert family in families(ROOT)
    chart, *keys = PLACES[family]
    values = yaml.safe_load((ROOT / "charts" / chart / "values.yaml").read_text())
    for key in keys:
        values = values[key]
    assert values["repository"] == f"slipway-{family}"
    assert values["tag"] == ""


def test_the_umbrella_has_every_chart_that_is_given_an_image():
    chart = yaml.safe_load((ROOT / "charts/slipway/Chart.yaml").read_text())
    assert {place[0] for place in PLACES.values()} <= {one["name"] for one in chart["dependencies"]}
