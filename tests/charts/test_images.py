"""Every image comes from a value, and is one certain image."""

import re

from tests.support.charts import walk

_TAG = re.compile(r":(?P<tag>[\w][\w.-]*)$")


def images(rendered):
    """Every image that something in the chart runs, init containers and those of custom resources included."""
    return {one["image"] for each in rendered for _, one in walk(each) if isinstance(one.get("image"), str)}


def test_every_image_has_a_version(rendered):
    for image in images(rendered):
        tag = _TAG.search(image)
        assert "@sha256:" in image or (tag and tag["tag"] != "latest"), image


def test_every_image_is_a_value(case, rendered):
    repositories = tuple(one["repository"] for _, one in walk(case.merged_values) if "repository" in one)
    for image in images(rendered):
        name = _TAG.sub("", image.partition("@")[0])
        assert any(name == one or name.endswith(f"/{one}") for one in repositories if one), image
