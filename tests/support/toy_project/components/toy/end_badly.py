from kfp import dsl


@dsl.component(base_image="python:3.11-slim", target_image="slipway-toy", install_kfp_package=False)
def end_badly(kind: str, half: dsl.Output[dsl.Artifact]) -> None:
    """Write a part of the output, then end in one of the ways a step can end."""
    import os
    import signal
    from pathlib import Path

    from slipway.errors import DatasetError

    Path(half.path).mkdir()
    (Path(half.path) / "part").write_text("half a result")
    if kind == "data":
        raise DatasetError("Table 'flights' is short", expected="2 rows", got="1", cure="Collect it again.")
    if kind == "bug":
        raise ZeroDivisionError("no letters to divide by")
    if kind == "memory":
        os.kill(os.getpid(), signal.SIGKILL)  # what the kernel does when memory runs out
    os._exit(7)
