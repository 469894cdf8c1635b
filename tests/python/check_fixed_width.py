#!/usr/bin/env python3
"""Compares fwf-reader/fwf with a plain reference, Python's codecs, and pandas.read_fwf.

    python tests/python/check_fixed_width.py --bin target/release/artemis-host --plugins ./plugins --cases 10000

A case is a record of a random layout: all forms of fields, seven encodings, cells that are values and cells that are
anything. Each table is read once, with blocks of one record, of a few, or of all; what does not convert must be null
and counted, everything else must be equal. The seed is `--seed`; the same seed makes the same cases.
"""

import argparse
import io
import json
import math
import random
import subprocess
import sys
import tempfile
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.ipc

import fixed_width as reference

RECORDS = 400
PAGES = ["latin-1", "windows-1252", "cp037", "cp273", "cp500", "cp1140"]
# CPython's page 273 has an overline where IBM's other pages, and CPython's for them, have a macron.
ARGUED = {("cp273", 0xBC): "\u00af"}


class Difference(Exception):
    """What differs, in a sentence."""


class Program:
    def __init__(self, options, scratch):
        self.options, self.scratch = options, scratch

    def read(self, data, made, block_bytes, policy="null"):
        """The table, the number of cells that do not convert, and the columns of the rejected partition."""
        (self.scratch / "in.dat").write_bytes(data)
        (self.scratch / "layout.toml").write_text(toml(made))
        (self.scratch / "job.toml").write_text(
            f'[job]\nname = "check"\nblock_bytes = {block_bytes}\n[input]\npaths = ["in.dat"]\nreader = "parse"\n'
            f'on_mismatch = "{policy}"\n[algorithms.parse]\ncomponent = "fwf-reader/fwf"\nlayout = "layout.toml"\n')
        words = [self.options.bin, "--plugins", self.options.plugins, "--store", self.scratch / "store", "--format",
                 "json", "run", self.scratch / "job.toml", "--no-sync", "--again"]
        done = subprocess.run([str(word) for word in words], capture_output=True, text=True)
        summary = json.loads(done.stdout)
        if done.returncode != 0:
            raise Difference(f"exit code {done.returncode}: {summary['error']['message']}")
        tables = {}
        for partition in summary["partitions"]:
            files = [pa.ipc.open_file(file) for file in partition["files"]]
            tables[partition["name"]] = pa.concat_tables([file.read_all() for file in files])
        return tables["initial"], summary, tables.get("initial.rejected")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", required=True, help="the program")
    parser.add_argument("--plugins", required=True, help="the directory of plugins")
    parser.add_argument("--cases", type=int, default=10_000, help="how many records")
    parser.add_argument("--seed", type=int, default=1, help="another seed, other cases")
    options = parser.parse_args()
    options.bin, options.plugins = Path(options.bin).resolve(), Path(options.plugins).resolve()
    with tempfile.TemporaryDirectory() as scratch:
        program = Program(options, Path(scratch))
        check_pages(program)
        check_pandas(program)
        check_cases(program, options)


def check_pages(program):
    """All 256 bytes of each page against Python's codec."""
    for name in PAGES:
        made = {"records": "fixed", "encoding": name, "fields": [{"name": "c", "width": 1, "trim": "none", "nulls": []}]}
        table, _, _ = program.read(bytes(range(256)), made, 1 << 16)
        for byte, char in enumerate(table["c"].to_pylist()):
            try:
                wanted = ARGUED.get((name, byte), bytes([byte]).decode(reference.CODECS[name]))
            except UnicodeDecodeError:
                wanted = None
            if char != wanted:
                raise Difference(f"{name}: byte {byte:#04x} is {char!r}, not {wanted!r}")
    print(f"256 bytes of {len(PAGES)} pages: as Python's codecs")


def check_pandas(program):
    """Plain text tables, lines and CRLF, against pandas.read_fwf."""
    draw = random.Random(7)
    for end in ["\n", "\r\n"]:
        widths = [draw.randint(1, 12) for _ in range(6)]
        texts = ["", "a", "some text", "é à", "12", "-7.5"]
        lines = ["".join(draw.choice(texts)[:width].center(width) for width in widths) for _ in range(500)]
        data = "".join(line + end for line in lines)
        fields = [{"name": f"c{at}", "width": width} for at, width in enumerate(widths)]
        # Widths are in bytes here and in characters there: one byte a character makes them the same.
        table, _, _ = program.read(data.encode("latin-1"), {"encoding": "latin-1", "fields": fields}, 256)
        frame = pd.read_fwf(io.BytesIO(data.encode("latin-1")), widths=widths, names=table.column_names, dtype=str,
                            encoding="latin-1", keep_default_na=False, na_values=[""], skip_blank_lines=False)
        for name in table.column_names:
            wanted = [None if value is None or value != value else value for value in frame[name]]
            if table[name].to_pylist() != wanted:
                raise Difference(f"pandas reads another column {name} of widths {widths}")
    print("2 tables of text: as pandas.read_fwf")


def check_cases(program, options):
    draw = random.Random(options.seed)
    done = cells = nulls = bad = 0
    while done < options.cases:
        count = min(RECORDS, options.cases - done)
        made = reference.layout(draw, draw.randint(1, 12))
        records = [reference.record(draw, made) for _ in range(count)]
        block = draw.choice([made["record_bytes"], 7 * made["record_bytes"] + 1, 1 << 20])
        table, summary, _ = program.read(b"".join(records), made, block)
        if table.num_rows != count:
            raise Difference(f"{table.num_rows} rows of {count} records: {made}")
        faults = 0
        for field in made["fields"]:
            found = table[field["name"]].to_pylist()
            for at, (cell, value) in enumerate(zip(cells_of(records, field), found)):
                try:
                    wanted = reference.expected(field, cell)
                except reference.Bad:
                    wanted, faults = None, faults + 1
                nulls += wanted is None
                if not same(value, wanted):
                    raise Difference(f"seed {options.seed}, record {at}: {cell!r} is {value!r}, not {wanted!r}: {field}")
            cells += len(found)
        if summary["cells_rejected"] != faults:
            raise Difference(f"{summary['cells_rejected']} cells rejected, not {faults}: {made}")
        if faults:
            check_quarantine(program, records, made, block)
        bad += faults
        done += count
    print(f"{done:,} cases of seed {options.seed}, {cells:,} cells, {nulls:,} nulls, {bad:,} of them rejected: no difference")


def check_quarantine(program, records, made, block):
    """Records in are records out and rejected ones, and each of these is found again by its offset."""
    data = b"".join(records)
    table, summary, rejected = program.read(data, made, block, "quarantine")
    if table.num_rows + rejected.num_rows != len(records) or summary["rows_in"] != len(records):
        raise Difference(f"{table.num_rows} rows and {rejected.num_rows} rejects of {len(records)} records: {made}")
    starts = {field["name"]: field["start"] - 1 for field in made["fields"]}
    for row in rejected.to_pylist():
        start = row["offset"] - starts[row["column"]]
        if data[start:start + made["record_bytes"]] != row["raw"] or start != row["record"] * made["record_bytes"]:
            raise Difference(f"record {row['record']} is not at byte {row['offset']}: {made}")


def cells_of(records, field):
    start = field["start"] - 1
    return (record[start:start + field["width"]] for record in records)


def same(found, wanted):
    if found is None or wanted is None:
        return found is wanted
    if isinstance(wanted, float):
        return (math.isnan(found) and math.isnan(wanted)) or (found == wanted and math.copysign(1, found) == math.copysign(1, wanted))
    if isinstance(wanted, Decimal):
        return Decimal(found) == wanted
    return found == wanted


def toml(made):
    lines = [f"{key} = {json.dumps(value)}" for key, value in made.items() if key != "fields"]
    for field in made["fields"]:
        lines += ["[[fields]]", *(f"{key} = {json.dumps(value)}" for key, value in field.items())]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    try:
        main()
    except Difference as difference:
        sys.exit(f"check_fixed_width: {difference}")
