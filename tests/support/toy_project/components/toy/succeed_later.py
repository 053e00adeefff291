from kfp import dsl


@dsl.component(base_image="python:3.11-slim", target_image="slipway-toy", install_kfp_package=False)
def succeed_later(failures: int, made: dsl.Output[dsl.Artifact]) -> None:
    """Fail so many times, each time with a part of the output written; then succeed."""
    import os
    from pathlib import Path

    attempts = Path(os.environ["TOY_SCRATCH"], "attempts")
    with attempts.open("a") as file:
        file.write("x")
    Path(made.path).mkdir()
    if attempts.stat().st_size <= failures:
        raise ConnectionError("not yet")
