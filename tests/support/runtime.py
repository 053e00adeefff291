"""The serving runtime on a real cluster, by its chart, under a name that nobody else uses."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager

from tests.support.charts import FOLDER
from tests.support.cluster import Object, temporary_namespace
from tests.support.helm import helm
from tests.support.node_images import image_on_node, image_values

RELEASE = "runtime"


@contextmanager
def installed_runtime(values: Object) -> Iterator[str]:
    """Install it in a namespace of its own, by whose name all of it goes; uninstall it afterwards."""
    with temporary_namespace("runtime") as home:
        own = {"name": home, "autoSelect": False, "image": image_values(image_on_node("serving"))}
        quick = {"probes": {"readinessPeriodSeconds": 1}, "server": {"lingerSeconds": 5}}
        storage = {"name": home, **values.get("storage", {})}
        text = json.dumps({**own, **quick, **values, "storage": storage})
        helm("install", RELEASE, FOLDER / "serving-runtime", "--namespace", home, "--values", "-", stdin=text)
        try:
            yield home
        finally:
            helm("uninstall", RELEASE, "--namespace", home, "--wait", "--ignore-not-found")
