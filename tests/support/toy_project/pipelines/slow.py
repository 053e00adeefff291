"""A pipeline that waits to be stopped in two loop iterations at once."""

from components.toy.linger import linger
from components.toy.write_note import write_note
from kfp import dsl


@dsl.pipeline(name="slow")
def pipeline(names: list[str] = ["left", "right"], stubborn: bool = False):  # noqa: B006
    note = write_note(text="slowly")
    with dsl.ParallelFor(names) as name:
        linger(name=name, stubborn=stubborn, note=note.outputs["note"])
