from pathlib import Path

import pytest

from slipway.images.names import family_of, pin_images, pinned_image, tag_of
from slipway.images.tags import code_tag

ROOT = Path(__file__).parents[3]


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


def test_pinning_names_each_family_once_and_leaves_foreign_images_alone():
    document = {
        "deploymentSpec": {
            "executors": {
                "a": {"container": {"image": "slipway-tabular"}},
                "b": {"container": {"image": "python:3.11-slim"}},
                "c": {"importer": {"artifactUri": {}}},
            }
        }
    }
    pinned = pin_images(document, ROOT, prefix="example.org/ml/", base="python@sha256:0")
    image = f"example.org/ml/slipway-tabular:{code_tag(ROOT, 'tabular', 'python@sha256:0')}"
    assert pinned == {"tabular": image}
    executors = document["deploymentSpec"]["executors"]
    assert executors["a"]["container"]["image"] == image
    assert executors["b"]["container"]["image"] == "python:3.11-slim"


def test_the_server_s_image_is_named_like_a_family_s():
    assert pinned_image(ROOT, "serving", prefix="") == f"slipway-serving:{code_tag(ROOT, 'serving')}"
