#!/usr/bin/env python3
"""Compares what fwf-reader/fwf reads by a copybook with what GnuCOBOL programs wrote by the same copybook.

    python tests/python/check_copybooks.py --bin target/release/artemis-host --plugins ./plugins

For each copybook of tests/data/copybooks it makes a program that moves random values into every field and writes the
record, compiles it with `cobc`, runs it, and reads its file. The program also tells the length of the record, and what
its edited fields show. The values go by the names of the fields: a wrong place, size or form gives other values.
"""

import argparse
import json
import random
import re
import subprocess
import sys
import tempfile
from decimal import Decimal, getcontext
from pathlib import Path

import pyarrow as pa
import pyarrow.ipc

getcontext().prec = 60
COPYBOOKS = Path(__file__).resolve().parent.parent / "data" / "copybooks"
RECORDS = 12
# What a copybook needs besides; several ways to read one are several checks.
SETTINGS = {
    "redefined": [{}, {"views": ["BODY-DATE"]}],
    "redefined-twice": [{}, {"views": ["TRANSFER"]}, {"views": ["CASH"]}],
    "two-records": [{"record": "HEADER-REC"}, {"record": "DETAIL-REC"}],
    "depending": [{"depending": "maximum"}],
}
# The dialects: flags of cobc, and what the reader must know of them.
DIALECTS = [
    (["-std=ibm"], {"binary_size": "2-4-8"}),
    (["-std=default", "-fbinary-size=1-2-4-8"], {"binary_size": "1-2-4-8"}),
]


class Difference(Exception):
    """What differs, in a sentence."""


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", required=True, help="the program")
    parser.add_argument("--plugins", required=True, help="the directory of plugins")
    parser.add_argument("--seed", type=int, default=1, help="another seed, other values")
    options = parser.parse_args()
    options.bin, options.plugins = Path(options.bin).resolve(), Path(options.plugins).resolve()
    draw = random.Random(options.seed)
    copybooks = sorted(COPYBOOKS.glob("*.cpy"))
    cells = 0
    with tempfile.TemporaryDirectory() as scratch:
        for copybook in copybooks:
            for settings in SETTINGS.get(copybook.stem, [{}]):
                for flags, dialect in DIALECTS:
                    try:
                        cells += check(options, Path(scratch), copybook, {**dialect, **settings}, flags, draw)
                    except Difference as difference:
                        raise Difference(f"{copybook.name} {settings} {flags[0]}: {difference}") from None
    print(f"{len(copybooks)} copybooks, {len(DIALECTS)} dialects, {cells:,} cells written by GnuCOBOL: no difference")


def check(options, scratch, copybook, cobol, flags, draw):
    layout = show(options, copybook, cobol)
    fields = [field for field in layout["fields"] if field["form"] != "skip"]
    rows = [[value_of(draw, field) for field in fields] for _ in range(RECORDS)]
    bytes_, edited = write(scratch, copybook, cobol, flags, fields, rows)
    if bytes_ != layout["records"]["record_bytes"]:
        raise Difference(f"the record has {bytes_} bytes, not {layout['records']['record_bytes']}")
    table = read(options, scratch, copybook, cobol)
    if table.num_rows != RECORDS or table.column_names != [field["name"] for field in fields]:
        raise Difference(f"{table.num_rows} rows of {table.column_names}")
    for at, field in enumerate(fields):
        for number, (row, found) in enumerate(zip(rows, table[field["name"]].to_pylist())):
            wanted = edited[number].get(field["name"], row[at])
            wanted = wanted.strip(" ") or None if isinstance(wanted, str) else wanted
            if isinstance(wanted, Decimal):
                found = None if found is None else Decimal(found)
            if found != wanted:
                raise Difference(f"{field['name']} of record {number} is {found!r}, not {wanted!r}: {field}")
    return RECORDS * len(fields)


def show(options, copybook, cobol):
    words = [options.bin, "--format", "json", "layout", "show", copybook]
    for key, value in cobol.items():
        words += ["--set", f"cobol.{key}={json.dumps(value)}"]
    return json.loads(run(words))["layout"]


def value_of(draw, field):
    """A value that the field can hold: a Decimal, a float, or a text."""
    if field["form"] in ("ieee-float", "hex-float"):
        return draw.choice([0.0, 1.5, -2.25, 1024.125])
    if field["name"] == "HOW-MANY":
        return Decimal(5)
    if field["form"] == "text":
        return "".join(draw.choice("ABCXYZ 019") for _ in range(field["width"])).strip().ljust(1, "Q")
    if field["form"] == "binary":
        digits = {1: 2, 2: 4, 4: 9, 8: 18}[field["width"]]
        digits = min(digits, 2) if field["name"].endswith("B-2") else digits
    else:
        digits = field["digits"]
    value = Decimal(draw.randrange(10 ** draw.randint(1, digits))).scaleb(-field["scale"])
    signed = field.get("signed", field.get("sign") not in (None, "none"))
    return -value if signed and draw.random() < 0.5 else value


def write(scratch, copybook, cobol, flags, fields, rows):
    """Compiles and runs the program; gives the length of the record, and the edited fields as they show."""
    text = copybook.read_text()
    names = re.findall(r"^[\d ]*01\s+([\w-]+)", text, re.MULTILINE | re.IGNORECASE)
    record = cobol.get("record") or (names[0] if names else "REC-ABOVE")
    above = [] if names else ["       01  REC-ABOVE."]
    free = not text.startswith((" ", "000"))
    lines = [
        "       IDENTIFICATION DIVISION.", "       PROGRAM-ID. WRITER.", "       ENVIRONMENT DIVISION.",
        "       INPUT-OUTPUT SECTION.", "       FILE-CONTROL.",
        "           SELECT OUT-FILE ASSIGN TO 'OUTDAT' ORGANIZATION SEQUENTIAL.", "       DATA DIVISION.",
        "       FILE SECTION.", "       FD  OUT-FILE.", "       01  OUT-REC PIC X(@).",
        "       WORKING-STORAGE SECTION.", *above,
        *(["      >>SOURCE FORMAT IS FREE"] if free else []), text.rstrip("\n"),
        *(["       >>SOURCE FORMAT IS FIXED"] if free else []),
        "       PROCEDURE DIVISION.", "           OPEN OUTPUT OUT-FILE.",
    ]
    for row in rows:
        lines.append(f"           MOVE SPACES TO {record}.")
        for field, value in zip(fields, row):
            name = cobol_name(field["name"])
            lines += statement(f"MOVE {literal(value, field)}", f"TO {name}")
            if is_edited(field, value):
                lines += statement(f"DISPLAY 'EDITED {field['name']} = '", name)
        # A record that occurs depending on a field has its length only now.
        lines += [f"           DISPLAY 'LENGTH ' FUNCTION LENGTH({record}).", f"           MOVE {record} TO OUT-REC.", "           WRITE OUT-REC.", "           DISPLAY 'WRITTEN'."]
    lines += ["           CLOSE OUT-FILE.", "           STOP RUN."]
    length = max(field["offset"] + field["width"] for field in fields) + 64
    program, binary = scratch / "writer.cob", scratch / "writer"
    # The length of the record is asked of COBOL first, then the file has records of it.
    for _ in range(2):
        program.write_text("\n".join(lines).replace("@", str(length)) + "\n")
        run(["cobc", "-x", "-w", *flags, "-o", binary, program])
        out = run([binary], cwd=scratch, env={"OUTDAT": str(scratch / "out.dat"), "DD_OUTDAT": str(scratch / "out.dat")})
        length = int(re.search(r"LENGTH (\d+)", out).group(1))
    edited, current = [], {}
    for line in out.splitlines():
        if line == "WRITTEN":
            edited.append(current)
            current = {}
        elif match := re.fullmatch(r"EDITED (\S+) = (.*)", line):
            current[match.group(1)] = match.group(2)
    return length, edited


def is_edited(field, value):
    return field["form"] == "text"


def statement(*parts):
    """A statement over lines of at most 72 columns."""
    return [*(f"           {part}" for part in parts[:-1]), f"           {parts[-1]}."]


def literal(value, field):
    if isinstance(value, str):
        edited = field["name"].split(".")[-1].startswith(("E-", "L-BLANK"))
        return "-1234.5" if edited else f"'{value}'"
    return f"{Decimal(value):f}"


def cobol_name(path):
    """`G.T[1].B[2]` as `B OF T OF G (1, 2)`."""
    parts = [re.fullmatch(r"([\w-]+)(?:\[(\d+)\])?", part).groups() for part in path.split(".")]
    indices = [index for _, index in parts if index]
    name = " OF ".join(name for name, _ in reversed(parts))
    return f"{name} ({', '.join(indices)})" if indices else name


def read(options, scratch, copybook, cobol):
    setting = "\n".join(f"{key} = {json.dumps(value)}" for key, value in cobol.items())
    (scratch / "job.toml").write_text(
        f'[job]\nname = "copybook"\n[input]\npaths = ["out.dat"]\nreader = "parse"\non_mismatch = "abort"\n'
        f'[algorithms.parse]\ncomponent = "fwf-reader/fwf"\ncopybook = {json.dumps(str(copybook))}\nrecords = "fixed"\n'
        f"[algorithms.parse.cobol]\n{setting}\n")
    out = run([options.bin, "--plugins", options.plugins, "--store", scratch / "store", "--format", "json", "run",
               scratch / "job.toml", "--no-sync", "--again"])
    files = next(part["files"] for part in json.loads(out)["partitions"] if part["name"] == "initial")
    return pa.concat_tables([pa.ipc.open_file(file).read_all() for file in files])


def run(words, **rest):
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, **rest)
    if done.returncode != 0:
        raise Difference(f"{words[0]} failed: {done.stdout[-2000:]}{done.stderr[-2000:]}")
    return done.stdout


if __name__ == "__main__":
    try:
        main()
    except Difference as difference:
        sys.exit(f"check_copybooks: {difference}")
