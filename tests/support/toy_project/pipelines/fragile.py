"""A pipeline whose second step ends badly."""

from components.toy.end_badly import end_badly
from components.toy.write_note import write_note
from kfp import dsl


@dsl.pipeline(name="fragile")
def pipeline(kind: str):
    broken = end_badly(kind=kind)
    write_note(text="never").after(broken)
