#!/usr/bin/env python3
"""Reads the output of examples/flights.toml with pyarrow, polars and DuckDB and compares it with its input.

    python tests/python/check_example.py --csv examples/data/flights.csv examples/artemis-store/data

Arguments are part files, or directories that hold some. Each partition is read three times, and the three must
agree on rows, types and nulls; its batches but the last must have equal rows. With `--csv` the partitions
`flights`, `late` and `carriers` must be there and are what DuckDB makes of the CSV file with SQL of its own.
"""

import argparse
import sys

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
from agree import check_duckdb, check_polars, same_cells
from parts import Disagreement, partitions, read

ESSENTIALS = "time_hour, carrier, flight, tailnum, origin, dest, dep_delay, arr_delay"

# What examples/flights.toml says, in SQL. Its rows keep the order of the input; those of `carriers` have none.
EXPECTED = {
    "flights": f"select {ESSENTIALS} from source",
    "late": f"select {ESSENTIALS} from source where arr_delay > 30 or tailnum is null",
    "carriers": """
        select carrier, count(*) as flights, avg(arr_delay) as mean_delay, max(arr_delay) as worst_delay,
               sum(distance)::bigint as miles, max(time_hour) as latest
        from source group by carrier
    """,
}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--csv", help="the input of the example")
    parser.add_argument("paths", nargs="+", help="part files, or directories that hold some")
    options = parser.parse_args()
    seen = set()
    for where, files in partitions(options.paths).items():
        table = read(files)
        check_polars(files, table)
        check_duckdb(table)
        seen.add(where.name)
        if options.csv and where.name in EXPECTED:
            check_against_input(where.name, table, options.csv)
        print(f"{where.name}: {len(files)} parts, {table.num_rows:,} rows, {table.num_columns} columns: "
              "pyarrow, polars and DuckDB agree")
    missing = set(EXPECTED) - seen
    if options.csv and missing:
        raise Disagreement(f"no partition {', '.join(sorted(missing))} among {', '.join(sorted(seen))}")


def check_against_input(name, table, csv):
    connection = duckdb.connect()
    connection.execute(f"create view source as select * from read_csv({quoted(csv)}, nullstr = 'NA')")
    expected = connection.sql(EXPECTED[name]).to_arrow_table()
    if sorted(expected.column_names) != sorted(table.column_names):
        raise Disagreement(f"{name}: columns {table.column_names}, not {expected.column_names}")
    expected = expected.select(table.column_names)
    if name == "carriers":
        table, expected = ordered(table), ordered(expected)
        table = rounded(table)
        expected = rounded(expected)
    same_cells(f"{name}: the input", table, expected)


def quoted(text):
    return "'" + text.replace("'", "''") + "'"


def ordered(table):
    return table.sort_by("carrier")


def rounded(table):
    """Means to 9 decimals: a sum in another order may differ in its last bits."""
    index = table.column_names.index("mean_delay")
    return table.set_column(index, pa.field("mean_delay", pa.float64()), pc.round(table["mean_delay"], 9))


if __name__ == "__main__":
    try:
        main()
    except Disagreement as disagreement:
        sys.exit(f"check_example: {disagreement}")
