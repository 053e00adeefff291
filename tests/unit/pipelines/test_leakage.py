"""Nothing that is known only after departure may reach a feature."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from pipelines.airport_groups import LINE as AIRPORT_GROUPS
from pipelines.delay_minutes import LINE as DELAY_MINUTES
from pipelines.flight_delay import LINE as FLIGHT_DELAY
from pipelines.lines.flights import BARRED, FLIGHT_KEY
from pipelines.lines.tabular import TabularLine
from slipway.data.dataset import Dataset
from slipway.data.query import transform
from slipway.data.writer import write_dataset
from slipway.task import TaskSpec

TARGETS = {"late", "delay_minutes"}


@pytest.fixture(scope="module")
def shuffled(nycflights: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    """The source with every barred column given to other flights; a flight that arrived still did."""
    rows = nycflights.read("flights")
    arrived = np.flatnonzero(rows.column("arr_delay").is_valid().to_numpy())
    order = np.arange(rows.num_rows)
    order[arrived] = np.random.default_rng(7).permutation(arrived)
    for name in BARRED:
        place = rows.column_names.index(name)
        rows = rows.set_column(place, name, rows.column(name).take(pa.array(order)))
    target = tmp_path_factory.mktemp("shuffled") / "dataset"
    with write_dataset(target, nycflights.metadata.description, step="test") as writer:
        writer.write("flights", rows)
        for name in ("weather", "planes", "airports"):
            writer.write(name, nycflights.read(name))
    return Dataset.open(target)


def test_barred_columns_move_no_feature(flights: Dataset, shuffled: Dataset, tmp_path: Path) -> None:
    moved = transform(shuffled, FLIGHT_DELAY.sql(), tmp_path / "moved", name="flights", key=FLIGHT_KEY)
    before, after = flights.tables["flights"].columns, moved.tables["flights"].columns
    changed = {name for name in before if before[name].digest != after[name].digest}
    assert changed == TARGETS


def test_barred_columns_move_no_airport(nycflights: Dataset, shuffled: Dataset, tmp_path: Path) -> None:
    digests = [
        transform(source, AIRPORT_GROUPS.sql(), tmp_path / name, name="airports", key=["dest"]).digest
        for name, source in (("plain", nycflights), ("shuffled", shuffled))
    ]
    assert digests[0] == digests[1]


@pytest.mark.parametrize("line", [FLIGHT_DELAY, DELAY_MINUTES])
def test_no_feature_is_barred_or_a_target(line: TabularLine) -> None:
    features = set(TaskSpec.model_validate(line.task).features)
    assert not features & (set(BARRED) | TARGETS)


def test_weather_is_older_than_the_scheduled_hour(nycflights: Dataset, flights: Dataset) -> None:
    row = flights.read().slice(100_000, 1).to_pylist()[0]
    hour = pa.scalar(row["scheduled_departure"].replace(minute=0), pa.timestamp("us"))
    weather = nycflights.read("weather")
    here = weather.filter(pc.equal(weather["origin"], row["origin"]))
    before = here.filter(
        pc.equal(here["time_hour"], pc.subtract(hour, pa.scalar(3_600_000_000, pa.duration("us"))))
    )
    assert before["temp"].to_pylist() == [row["temperature"]]


def test_cancelled_flights_are_left_out(nycflights: Dataset, flights: Dataset) -> None:
    cancelled = nycflights.read("flights").column("arr_delay").null_count
    assert flights.rows == nycflights.tables["flights"].rows - cancelled


def test_late_means_more_than_fifteen_minutes(flights: Dataset) -> None:
    rows = flights.read(columns=["late", "delay_minutes"])
    assert rows["late"].cast(pa.bool_()).equals(pc.greater(rows["delay_minutes"], 15))


def test_no_day_stands_in_two_parts(flight_parts: dict[str, Dataset]) -> None:
    days = [set(part.read(columns=["flight_date"])["flight_date"].to_pylist()) for part in flight_parts.values()]
    assert sum(map(len, days)) == len(set.union(*days))
