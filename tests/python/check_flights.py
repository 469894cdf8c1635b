#!/usr/bin/env python3
"""Compares the host's reading of the flights table with that of pyarrow and of polars, cell by cell.

    python tests/python/check_flights.py flights.csv.gz STORE/data/<dataset>/<job>/initial

The paths after the CSV file are the part files of one partition, all columns of the table, or a directory that
holds them. `NA` is a missing value, `time_hour` a UTC time. For the whole table (336,776 records) the counts of
missing values must be the known ones, too.
"""

import argparse
import sys

import polars as pl
import pyarrow as pa
import pyarrow.csv
from agree import same_cells
from parts import Disagreement, partitions, read

RECORDS = 336_776
NULLS = {"dep_time": 8_255, "arr_delay": 9_430, "tailnum": 2_512}
INTEGERS = [
    "year", "month", "day", "dep_time", "sched_dep_time", "dep_delay", "arr_time", "sched_arr_time", "arr_delay",
    "flight", "air_time", "distance", "hour", "minute",
]
STRINGS = ["carrier", "tailnum", "origin", "dest"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("csv", help="the flights table, .csv or .csv.gz")
    parser.add_argument("paths", nargs="+", help="part files of one partition, or a directory that holds them")
    options = parser.parse_args()
    found = partitions(options.paths)
    if len(found) != 1:
        raise Disagreement(f"one partition is needed, here are {', '.join(map(str, found))}")
    ours = read(*found.values())
    check_types(ours.schema)
    same_cells("pyarrow", ours, by_pyarrow(options.csv))
    same_cells("polars", ours, by_polars(options.csv))
    print(f"{ours.num_rows:,} rows, {ours.num_columns} columns: pyarrow and polars agree with every cell")
    if ours.num_rows == RECORDS:
        check_nulls(ours)
        print("the missing values are the known ones: " + ", ".join(f"{name} {n:,}" for name, n in NULLS.items()))
    else:
        print(f"not the whole table of {RECORDS:,} records: the known counts of missing values were not checked")


def check_types(schema):
    for name in INTEGERS:
        if schema.field(name).type != pa.int64():
            raise Disagreement(f"{name} is {schema.field(name).type}, not int64")
    for name in STRINGS:
        if not (pa.types.is_string(schema.field(name).type) or pa.types.is_large_string(schema.field(name).type)):
            raise Disagreement(f"{name} is {schema.field(name).type}, not string")
    time = schema.field("time_hour").type
    if not pa.types.is_timestamp(time) or time.tz not in ("UTC", "+00:00"):
        raise Disagreement(f"time_hour is {time}, not a UTC timestamp")


def by_pyarrow(csv):
    options = pyarrow.csv.ConvertOptions(
        null_values=["NA"], strings_can_be_null=True, timestamp_parsers=[pyarrow.csv.ISO8601])
    return pyarrow.csv.read_csv(csv, convert_options=options)


def by_polars(csv):
    frame = pl.read_csv(csv, null_values=["NA"], try_parse_dates=True, infer_schema_length=None)
    return frame.to_arrow()


def check_nulls(table):
    for name, nulls in NULLS.items():
        if table[name].null_count != nulls:
            raise Disagreement(f"{name} has {table[name].null_count} nulls, not {nulls}")


if __name__ == "__main__":
    try:
        main()
    except Disagreement as disagreement:
        sys.exit(f"check_flights: {disagreement}")
