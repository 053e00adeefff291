"""A pipeline whose loop iterations end badly."""

from components.toy.end_badly import end_badly
from kfp import dsl


@dsl.pipeline(name="fragile-loop")
def pipeline(kinds: list[str] = ["data", "data", "silence"]):  # noqa: B006 (KFP reads the default)
    with dsl.ParallelFor(kinds) as kind:
        end_badly(kind=kind)
