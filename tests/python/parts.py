"""The part files of partitions, as arguments name them, and what must hold for each partition by itself."""

import re
from pathlib import Path

import pyarrow as pa
import pyarrow.ipc

PART = re.compile(r"part-(\d+)\.arrow")


class Disagreement(Exception):
    """What differs from what must be, in a sentence."""


def partitions(arguments):
    """Partition directory -> its part files in order, for part files and for directories that hold some."""
    found = {}
    for argument in map(Path, arguments):
        files = sorted(argument.rglob("part-*.arrow")) if argument.is_dir() else [argument]
        if not files:
            raise Disagreement(f"{argument}: no part-*.arrow below it")
        for file in files:
            if not PART.fullmatch(file.name):
                raise Disagreement(f"{file}: not the name of a part file")
            found.setdefault(file.resolve().parent, []).append(file)
    return {where: sorted(set(files), key=number) for where, files in sorted(found.items())}


def number(file):
    return int(PART.fullmatch(file.name).group(1))


def read(files):
    """All parts as one table, after the rules about parts and batches have been checked."""
    numbers = [number(file) for file in files]
    if numbers != list(range(numbers[0], numbers[0] + len(numbers))) or numbers[0] > 1:
        raise Disagreement(f"{files[0].parent}: the parts are numbered {numbers}")
    tables = []
    rows = []
    for file in files:
        reader = pa.ipc.open_file(file)
        batches = [reader.get_batch(index) for index in range(reader.num_record_batches)]
        if tables and not reader.schema.equals(tables[0].schema, check_metadata=True):
            raise Disagreement(f"{file}: its schema differs from that of {files[0].name}")
        if len(files) > 1 and not batches:
            raise Disagreement(f"{file}: a part without batches")
        rows += [batch.num_rows for batch in batches]
        tables.append(pa.Table.from_batches(batches, reader.schema))
    check_equal_rows(files[0].parent, rows)
    table = pa.concat_tables(tables)
    table.validate(full=True)
    return table


def check_equal_rows(where, rows):
    """All batches but the last have the same rows, over the borders of parts, and the last has no more."""
    if any(count != rows[0] for count in rows[:-1]):
        raise Disagreement(f"{where}: batches of unequal rows: {rows}")
    if rows and (rows[-1] > rows[0] or (rows[-1] == 0 and len(rows) > 1)):
        raise Disagreement(f"{where}: the last batch has {rows[-1]} rows after batches of {rows[0]}")
