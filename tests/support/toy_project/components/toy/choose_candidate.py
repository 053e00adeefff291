from kfp import dsl


@dsl.component(base_image="python:3.11-slim", target_image="slipway-toy", install_kfp_package=False)
def choose_candidate(
    spans: dsl.Input[list[dsl.Artifact]],
    numbers: list,
    count: int,
    options: dict,
    chosen: dsl.Output[dsl.Artifact],
) -> None:
    """Write what came in, as it came in."""
    import json
    import os
    from pathlib import Path

    seen = {
        "spans": [json.loads(Path(span.path).read_text()) for span in spans],
        "numbers": [repr(number) for number in numbers],
        "count": repr(count),
        "options": options,
        "revision": os.environ["SLIPWAY_CODE_REVISION"],
    }
    Path(chosen.path).write_text(json.dumps(seen))
