from kfp import dsl


@dsl.component(base_image="python:3.11-slim", target_image="slipway-toy", install_kfp_package=False)
def write_note(text: str, note: dsl.Output[dsl.Artifact]) -> str:
    """Write the text, and a line in the journal that tells how often the step ran."""
    import os
    from pathlib import Path

    Path(note.path).mkdir()
    (Path(note.path) / "text").write_text(text)
    note.metadata["letters"] = len(text)
    with Path(os.environ["TOY_SCRATCH"], "journal").open("a") as journal:
        journal.write("write_note\n")
    return text
