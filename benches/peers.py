"""The Python peers of compare.py, one process each: `peers.py NAME IN.csv OUT.arrow`.

Each one reads the CSV file with its own inference, streaming where it can, on all the cores it takes by itself,
and writes one uncompressed Arrow IPC file. `peers.py count FILE…` prints the rows of Arrow IPC files, and
`peers.py versions` the versions of the peers. A peer is imported by the function that uses it, so that no
process pays for another.
"""

import sys

DUCKDB_BATCH_ROWS = 65_536


def polars(source, target):
    import polars

    polars.scan_csv(source, try_parse_dates=True).sink_ipc(target, compression="uncompressed")


def duckdb(source, target):
    import duckdb
    import pyarrow.ipc

    connection = duckdb.connect()
    batches = connection.read_csv(source).to_arrow_reader(DUCKDB_BATCH_ROWS)
    with pyarrow.ipc.new_file(target, batches.schema) as writer:
        for batch in batches:
            writer.write_batch(batch)


def pyarrow(source, target):
    import pyarrow.csv
    import pyarrow.ipc

    parse = pyarrow.csv.ParseOptions(newlines_in_values=True)
    with pyarrow.csv.open_csv(source, parse_options=parse) as reader:
        with pyarrow.ipc.new_file(target, reader.schema) as writer:
            for batch in reader:
                writer.write_batch(batch)


def count(*files):
    import pyarrow.ipc

    rows = 0
    for file in files:
        with pyarrow.memory_map(file) as source:
            reader = pyarrow.ipc.open_file(source)
            rows += sum(reader.get_batch(index).num_rows for index in range(reader.num_record_batches))
    print(rows)


def versions():
    from importlib.metadata import version

    print(", ".join(f"{name} {version(name)}" for name in ["polars", "duckdb", "pyarrow"]))


if __name__ == "__main__":
    work = {"polars": polars, "duckdb": duckdb, "pyarrow": pyarrow, "count": count, "versions": versions}
    work[sys.argv[1]](*sys.argv[2:])
