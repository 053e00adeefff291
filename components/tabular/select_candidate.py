"""Stage 4, the end: choose by the validation rows."""

from kfp import dsl
from kfp.dsl import Artifact, Input, Output


@dsl.component(base_image="python:3.11-slim", target_image="slipway-tabular", install_kfp_package=False)
def select_candidate(results: Input[list[Artifact]], selection: Output[Artifact]) -> str:
    """Rank the candidates' results and return the winner's name."""
    from pathlib import Path

    from slipway.storage import write_whole
    from slipway.training.search import SearchResult
    from slipway.training.selection import select

    found = select([SearchResult.model_validate_json(Path(result.path).read_text()) for result in results])
    write_whole(Path(selection.path), found.model_dump_json(indent=2))
    return found.winner.candidate
