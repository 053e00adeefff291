"""Record and register one bundle in a process of its own, which a test may kill anywhere.

Arguments: bundle folder, home folder, tracking URI, experiment, model name. Prints run and version.
"""

from __future__ import annotations

import sys
from pathlib import Path

from slipway.bundle.bundle import Bundle
from slipway.registry.recorder import record_run
from slipway.registry.versions import register_bundle
from slipway.settings import Settings
from tests.support.records import run_record


def register_once(bundle: Bundle, settings: Settings, name: str) -> tuple[str, str]:
    """Record the run and register the version, as a pipeline's last step does."""
    run_id = record_run(run_record(bundle), settings)
    return run_id, register_bundle(name, bundle, run_id, settings).version


if __name__ == "__main__":
    folder, home, uri, experiment, model = sys.argv[1:]
    told = register_once(
        Bundle.open(Path(folder)), Settings(home=Path(home), tracking_uri=uri, experiment=experiment), model
    )
    print(*told)
