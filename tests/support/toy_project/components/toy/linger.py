from kfp import dsl


@dsl.component(base_image="python:3.11-slim", target_image="slipway-toy", install_kfp_package=False)
def linger(name: str, stubborn: bool, note: dsl.Input[dsl.Artifact], half: dsl.Output[dsl.Artifact]) -> None:
    """Write a part of the output, start a child that leaves the process group, and wait to be let go."""
    import os
    import signal
    import subprocess
    import sys
    import time
    from pathlib import Path

    scratch = Path(os.environ["TOY_SCRATCH"])
    if stubborn:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    Path(half.path).mkdir()
    (Path(half.path) / "part").write_text((Path(note.path) / "text").read_text())
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)
    (scratch / f"lingering-{name}.partial").write_text(f"{os.getpid()} {child.pid}")
    (scratch / f"lingering-{name}.partial").rename(scratch / f"lingering-{name}")
    while not (scratch / "let-go").exists():
        time.sleep(0.05)
    with (scratch / "journal").open("a") as journal:
        journal.write(f"linger {name}\n")
