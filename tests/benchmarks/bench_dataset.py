"""Ten million rows through a Dataset, written, read and verified in a stream: time and peak memory.

Run with `make bench-data`. Nothing here is asserted by the test suite; the program exits 1 when the
peak is above the limit.
"""

from __future__ import annotations

import argparse
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa

from slipway.data.croissant import DatasetDescription
from slipway.data.dataset import Dataset
from slipway.data.writer import write_dataset

BATCH_ROWS = 100_000
LIMIT_BYTES = 2_000_000_000


def batches(rows: int) -> Iterator[pa.RecordBatch]:
    """Rows shaped like the flights: twelve numbers, four short texts, a time."""
    random = np.random.default_rng(1)
    carriers = np.array(["AA", "UA", "DL", "B6", "WN"])
    for start in range(0, rows, BATCH_ROWS):
        size = min(BATCH_ROWS, rows - start)
        numbers = {f"n{place}": random.normal(size=size).astype(np.float32) for place in range(12)}
        texts = {f"c{place}": random.choice(carriers, size) for place in range(4)}
        at = pa.array(np.arange(start, start + size) * 1_000_000, pa.timestamp("us"))
        yield pa.RecordBatch.from_pydict({"at": at, **numbers, **texts})


def peak_bytes() -> int:
    """Largest resident size of this process so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def main() -> int:
    """Write, read and verify; print a row for each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000_000)
    rows = parser.parse_args().rows
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "dataset"
        started = time.perf_counter()
        with write_dataset(target, DatasetDescription(name="bench"), step="bench") as writer:
            for batch in batches(rows):
                writer.write("rows", batch)
        report("write", rows, started)
        dataset = Dataset.open(target)
        started = time.perf_counter()
        read = sum(batch.num_rows for batch in dataset.batches())
        report("read", read, started)
        started = time.perf_counter()
        dataset.verify()
        report("verify", rows, started)
    return int(peak_bytes() > LIMIT_BYTES)


def report(what: str, rows: int, started: float) -> None:
    """Print rows, seconds and the peak so far."""
    seconds = time.perf_counter() - started
    speed, peak = rows / seconds, peak_bytes() / 1e6
    print(f"{what:8} {rows:>12,} rows {seconds:8.1f} s {speed:>14,.0f} rows/s  peak {peak:,.0f} MB")


if __name__ == "__main__":
    sys.exit(main())
