from kfp import dsl


@dsl.component(base_image="python:3.11-slim", target_image="slipway-toy", install_kfp_package=False)
def try_candidate(
    candidate: str,
    others: list,
    note: dsl.Input[dsl.Artifact],
    span: dsl.Output[dsl.Artifact],
    scores: dsl.Output[dsl.Metrics],
) -> float:
    """Wait until the other candidate is there too, which it only comes to be when both run at once."""
    import json
    import os
    import time
    from pathlib import Path

    scratch = Path(os.environ["TOY_SCRATCH"])
    started = time.time()
    (scratch / f"met-{candidate}").touch()
    while not all((scratch / f"met-{other}").exists() for other in others):
        if time.time() - started > 120:
            raise TimeoutError(f"{candidate} was alone")
        time.sleep(0.02)
    text = (Path(note.path) / "text").read_text()
    Path(span.path).write_text(json.dumps({"started": started, "ended": time.time(), "text": text}))
    scores.log_metric("auc", 0.5)
    with (scratch / "journal").open("a") as journal:
        journal.write(f"try_candidate {candidate}\n")
    return 0.5
