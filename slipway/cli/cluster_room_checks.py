"""Whether one more endpoint has room on the nodes, and whether they have its images."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from slipway.cli.cluster_checks import cluster_check
from slipway.cli.doctor_checks import Finding, fail, ok, warn
from slipway.cluster import kinds
from slipway.cluster.connection import Json
from slipway.cluster.quantities import amount
from slipway.cluster.room import read_room
from slipway.deployment.site import Site


@cluster_check("room")
def check_room(site: Site) -> Finding:
    """Compare what one replica asks for with what is free on the nodes: what they give less what pods ask for."""
    requests = site.default_values().get("resources", {}).get("requests", {})
    cpu, memory = amount(requests.get("cpu", 0)), amount(requests.get("memory", 0))
    rooms = read_room(site.cluster)
    detail = f"a replica asks for {cpu:g} cores and {memory / 2**30:.2g} GiB; free: {'; '.join(map(str, rooms))}"
    if any(room.takes(cpu, memory) for room in rooms):
        return ok(detail)
    return fail(detail, "Remove what is not needed ('slipway undeploy'), ask for less, or add a node.")


@cluster_check("images")
def check_images(site: Site) -> Finding:
    """Look which images of an endpoint's pods the nodes have already."""
    wanted = sorted(set(_images(site)))
    present = {name for node in site.cluster.list(kinds.Node) for name in _names(node)}
    absent = [image for image in wanted if _full(image) not in present]
    if not absent:
        return ok(f"on the nodes: {', '.join(wanted) or 'none is asked for'}")
    cure = "Nothing to do if the nodes can pull them; else push or load them: 'slipway images push'."
    return warn(f"on no node: {', '.join(absent)}", cure)


def _images(site: Site) -> Iterator[str]:
    """Of the endpoints' chart, and of what KServe runs for a model of the registry."""
    yield from _image(site.default_values().get("image"))
    for kind, place in ((kinds.ClusterServingRuntime, "containers"), (kinds.ClusterStorageContainer, "container")):
        for one in site.cluster.list_known(kind):
            containers = one["spec"].get(place, [])
            for container in containers if isinstance(containers, list) else [containers]:
                yield from _image(container.get("image"))


def _image(value: Any) -> Iterator[str]:
    """Read an image as charts write it: a name, or its parts."""
    if isinstance(value, Mapping) and value.get("repository"):
        yield f"{value['repository']}@{value['digest']}" if value.get("digest") else _tagged(value)
    elif isinstance(value, str) and value:
        yield value


def _tagged(value: Mapping[str, Any]) -> str:
    return f"{value['repository']}:{value['tag']}" if value.get("tag") else str(value["repository"])


def _names(node: Json) -> list[str]:
    return [name for image in node.get("status", {}).get("images", ()) for name in image.get("names", ())]


def _full(image: str) -> str:
    """Write a name as nodes do: with the registry that is meant where none is named."""
    first, slash, _ = image.partition("/")
    if slash and ("." in first or ":" in first or first == "localhost"):
        return image
    return f"docker.io/{image}" if slash else f"docker.io/library/{image}"
