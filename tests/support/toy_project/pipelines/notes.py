"""Notes."""

from components.toy.choose_candidate import choose_candidate
from components.toy.try_candidate import try_candidate
from components.toy.write_note import write_note
from kfp import dsl


@dsl.pipeline(name="notes")
def pipeline(
    text: str = "a note",
    candidates: list[str] = ["ash", "birch"],  # noqa: B006 (KFP reads the default)
    numbers: list[int] = [1, 2],  # noqa: B006
    count: int = 3,
    rate: float = 0.5,
    options: dict = {"depth": 4},  # noqa: B006
    twice: bool = False,
) -> dsl.Artifact:
    """Write a note and let two candidates read it at once.

    The rest of the text is for readers of the file.
    """
    note = write_note(text=text)
    with dsl.ParallelFor(candidates) as candidate:
        tried = try_candidate(candidate=candidate, others=candidates, note=note.outputs["note"])
    chosen = choose_candidate(
        spans=dsl.Collected(tried.outputs["span"]), numbers=numbers, count=count, options=options
    )
    with dsl.If(twice == True, name="twice"):  # noqa: E712 (KFP's condition)
        write_note(text="again")
    return chosen.outputs["chosen"]
