#!/usr/bin/env python3
"""people.csv as fixed-width text and as an EBCDIC twin: writes them, compares the tables, measures the reading.

    python benches/fixed_width.py make people.csv out/       out/people.fwf, out/people.cp037 and their layouts
    python benches/fixed_width.py circle people.csv out/     both give the table that people.csv gives
    python benches/fixed_width.py compare out/ --runs 5      whole processes, fixed-width text in, Arrow IPC out

`people.fwf` has lines of characters. `people.cp037` has records of one length in EBCDIC page 37, with zoned ids, packed
incomes and packed dates. `name` and `note` are left out: they have newlines, and letters that page 37 lacks.
"""

import argparse
import csv
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
# Name, width, and the type in the text; all characters of people.csv in these columns are ASCII.
FIELDS = [
    ("id", 9, "integer", {}),
    ("email", 36, "text", {}),
    ("born", 10, "date", {"pattern": "%Y-%m-%d"}),
    ("country", 2, "text", {}),
    ("postcode", 5, "text", {}),
    ("occupation", 4, "text", {}),
    ("income", 10, "float", {}),
    ("children", 1, "integer", {}),
    ("active", 5, "bool", {"true_values": ["true"], "false_values": ["false"]}),
    ("joined", 20, "timestamp", {"pattern": "%Y-%m-%dT%H:%M:%SZ"}),
]
TWIN = {
    "id": (9, {"type": "zoned", "sign": "none"}),
    "born": (5, {"type": "packed", "digits": 8, "pattern": "%Y%m%d"}),
    "income": (6, {"type": "packed", "scale": 2, "nulls": ["blank"]}),
}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", type=Path, default=REPOSITORY / "target" / "release" / "artemis-host")
    parser.add_argument("--plugins", type=Path, default=REPOSITORY / "plugins", help="plugin directory of the host")
    commands = parser.add_subparsers(required=True)
    for name, run, paths in [("make", make, ["csv", "out"]), ("circle", circle, ["csv", "out"]), ("compare", compare, ["out"]),
                             ("peer", peer, ["name", "source", "target"])]:
        command = commands.add_parser(name)
        command.set_defaults(run=run)
        for path in paths:
            command.add_argument(path, type=str if path == "name" else Path)
        if name == "compare":
            command.add_argument("--runs", type=int, default=5, help="rounds; medians are taken over them")
    options = parser.parse_args()
    options.run(options)


def make(options):
    options.out.mkdir(parents=True, exist_ok=True)
    packed = lambda digits, width: bytes.fromhex(digits.rjust(2 * width - 1, "0") + "C")
    with open(options.csv, newline="") as source, open(options.out / "people.fwf", "wb") as plain, \
            open(options.out / "people.cp037", "wb") as twin:
        for row in csv.DictReader(source):
            plain.write("".join(row[name].ljust(width) for name, width, _, _ in FIELDS).encode("ascii") + b"\n")
            for name, width, _, _ in FIELDS:
                text, width = row[name], TWIN.get(name, (width,))[0]
                if name == "id":
                    twin.write(text.rjust(width, "0").encode("cp037"))
                elif name in TWIN:
                    digits = text.replace("-", "").replace(".", "")
                    twin.write(packed(digits, width) if digits else b"\x40" * width)
                else:
                    twin.write(text.ljust(width).encode("cp037"))
    plain = [{"name": name, "width": width, "type": kind, **rest} for name, width, kind, rest in FIELDS]
    twin = [{"name": name, "width": TWIN[name][0], **TWIN[name][1]} if name in TWIN
            else {"name": name, "width": width, "type": kind, **rest} for name, width, kind, rest in FIELDS]
    layout(options.out / "people.fwf.toml", {}, plain)
    layout(options.out / "people.cp037.toml", {"encoding": "cp037", "records": "fixed"}, twin)


def layout(path, head, fields):
    lines = [f"{key} = {json.dumps(value)}" for key, value in head.items()]
    for field in fields:
        lines += ["[[fields]]", *(f"{key} = {json.dumps(value)}" for key, value in field.items())]
    path.write_text("\n".join(lines) + "\n")


def run(options, scratch, source, reader):
    """Runs a job and gives its part files."""
    job = Path(scratch) / "job.toml"
    job.write_text(f'[job]\nname = "people"\n[input]\npaths = [{json.dumps(str(source.resolve()))}]\nreader = "parse"\n'
                   f'[output]\nformat = "arrow"\ncompression = "none"\n[algorithms.parse]\n{reader}\n')
    words = [options.bin, "--plugins", options.plugins, "--store", f"{scratch}/store", "--format", "json", "run", job,
             "--no-sync", "--again"]
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{source}: {done.stdout}{done.stderr}")
    return json.loads(done.stdout)["partitions"][0]["files"]


def fixed(out, name):
    return f'component = "fwf-reader/fwf"\nlayout = {json.dumps(str((out / f"{name}.toml").resolve()))}'


def circle(options):
    import pyarrow as pa
    import pyarrow.ipc

    def table(source, reader):
        with tempfile.TemporaryDirectory() as scratch:
            return pa.concat_tables([pa.ipc.open_file(file).read_all() for file in run(options, scratch, source, reader)])

    wanted = table(options.csv, 'component = "csv-reader/csv"').select([field[0] for field in FIELDS])
    # The pattern ends with a Z, which says UTC; fixed-width times have no zone of their own.
    for name in ["people.fwf", "people.cp037"]:
        found = table(options.out / name, fixed(options.out, name))
        for column in wanted.column_names:
            mine, other = wanted[column], found[column]
            if pa.types.is_decimal(other.type):
                # By way of text: the double nearest to the decimal, as a reader of text finds it.
                other = other.cast(pa.string())
            other = other.cast(mine.type) if other.type != mine.type else other
            if not mine.combine_chunks().equals(other.combine_chunks()):
                sys.exit(f"{name}: column {column} is not that of {options.csv}")
        print(f"{name}: {found.num_rows:,} rows, {found.num_columns} columns: as {options.csv.name}")


def compare(options):
    source = options.out / "people.fwf"
    contestants = {
        "artemis-host": lambda scratch: run(options, scratch, source, fixed(options.out, "people.fwf")),
        "artemis-host, cp037": lambda scratch: run(options, scratch, options.out / "people.cp037", fixed(options.out, "people.cp037")),
    }
    for name in ["polars", "duckdb", "pandas"]:
        words = [sys.executable, __file__, "peer", name, source, "{}/out.arrow"]
        contestants[name] = lambda scratch, words=words: subprocess.run([str(word).format(scratch) for word in words], check=True)
    times = {name: [] for name in contestants}
    for _ in range(options.runs):
        for name, contestant in contestants.items():
            with tempfile.TemporaryDirectory() as scratch:
                started = time.perf_counter()
                contestant(scratch)
                times[name].append(time.perf_counter() - started)
    size = source.stat().st_size
    print(f"{size:,} bytes, {os.cpu_count()} cores, {options.runs} rounds")
    for name, seconds in times.items():
        median = statistics.median(seconds)
        ratio = statistics.median(other / own for other, own in zip(seconds, times["artemis-host"]))
        print(f"{name:22} {median:8.2f} s {size / median / 1e6:8.0f} MB/s   {ratio:6.2f} times artemis-host")


def peer(options):
    PEERS[options.name](str(options.source), str(options.target))


def places():
    start = 0
    for name, width, kind, _ in FIELDS:
        yield name, start, width, kind
        start += width


def polars(source, target):
    import polars as pl

    lines = pl.scan_csv(source, separator="\x01", has_header=False, new_columns=["line"], quote_char=None,
                        schema={"line": pl.String})
    columns = []
    for name, start, width, kind in places():
        column = pl.col("line").str.slice(start, width).str.strip_chars(" ")
        column = pl.when(column != "").then(column)
        columns.append({
            "integer": lambda: column.cast(pl.Int64), "float": lambda: column.cast(pl.Float64), "text": lambda: column,
            "date": lambda: column.str.to_date("%Y-%m-%d"), "bool": lambda: column == "true",
            "timestamp": lambda: column.str.to_datetime("%Y-%m-%dT%H:%M:%SZ", time_unit="us"),
        }[kind]().alias(name))
    lines.select(columns).sink_ipc(target, compression="uncompressed")


def duckdb(source, target):
    import duckdb
    import pyarrow.ipc

    types = {"integer": "BIGINT", "float": "DOUBLE", "text": "VARCHAR", "date": "DATE", "bool": "BOOLEAN", "timestamp": "TIMESTAMP"}
    columns = ", ".join(f"cast(nullif(trim(substring(line, {start + 1}, {width})), '') as {types[kind]}) as {name}"
                        for name, start, width, kind in places())
    query = f"select {columns} from read_csv('{source}', delim = '\x01', header = false, quote = '', escape = '', " \
            "columns = {'line': 'VARCHAR'})"
    batches = duckdb.sql(query).to_arrow_reader(65_536)
    with pyarrow.ipc.new_file(target, batches.schema) as writer:
        for batch in batches:
            writer.write_batch(batch)


def pandas(source, target):
    import pandas as pd
    import pyarrow as pa
    import pyarrow.ipc

    frame = pd.read_fwf(source, widths=[width for _, width, _, _ in FIELDS], names=[field[0] for field in FIELDS],
                        dtype={"postcode": str, "occupation": str}, parse_dates=["born", "joined"])
    table = pa.Table.from_pandas(frame, preserve_index=False)
    with pa.ipc.new_file(target, table.schema) as writer:
        writer.write_table(table)


PEERS = {"polars": polars, "duckdb": duckdb, "pandas": pandas}

if __name__ == "__main__":
    main()
