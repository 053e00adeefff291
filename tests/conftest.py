"""Fixtures that cost seconds, made once for each worker; and no test that depends on the machine's speed."""

from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, settings

from slipway.data.collect import collect, parse_source
from slipway.data.dataset import Dataset
from slipway.data.query import transform
from slipway.data.split import PARTS, parse_split, split

settings.register_profile("slipway", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("slipway")

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="session")
def nycflights(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    """The flagship's source, whole."""
    content = yaml.safe_load((ROOT / "pipelines/sources/nycflights13.yaml").read_text())
    return collect(parse_source(content), tmp_path_factory.mktemp("nycflights") / "dataset")


@pytest.fixture(scope="session")
def flights(nycflights: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    """The flagship's features, one row for each flight that arrived."""
    from pipelines.lines.flights import FLIGHT_KEY

    query = (ROOT / "pipelines/sql/flights.sql").read_text()
    return transform(
        nycflights, query, tmp_path_factory.mktemp("flights") / "dataset", name="flights", key=FLIGHT_KEY
    )


@pytest.fixture(scope="session")
def flight_parts(flights: Dataset, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Dataset]:
    """Train, validation and test of one flight in fifty."""
    from pipelines.lines.flights import TIME_SPLIT

    folder = tmp_path_factory.mktemp("parts")
    targets = {part: folder / part for part in PARTS}
    split(flights, parse_split(TIME_SPLIT), targets, share=0.02)
    return {part: Dataset.open(path) for part, path in targets.items()}
