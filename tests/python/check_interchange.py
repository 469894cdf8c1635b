#!/usr/bin/env python3
"""Reads stores in the layout of the Python framework with definitions of its messages that are not ours.

    python tests/python/check_interchange.py --original DIR --returned DIR [--again PART…] [--own DIR]

`--returned` holds what `store export` wrote of the imported original: the same files byte by byte, and a record of the
store in which every field is equal but addresses into the old folder. `--again` are the part files that the imported job
made when it ran again here: its table must hold what the stored Arrow file holds. `--own` holds datasets of this host:
every file must be read without loss, and everything that its record lists must be there.
"""

import argparse
from pathlib import Path
from urllib.parse import unquote, urlparse

import model
import pyarrow as pa
import pyarrow.ipc
from agree import same_cells
from parts import Disagreement


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--original", type=Path, required=True)
    parser.add_argument("--returned", type=Path)
    parser.add_argument("--again", type=Path, nargs="+")
    parser.add_argument("--own", type=Path)
    options = parser.parse_args()
    known = model.classes()
    if options.returned:
        check_returned(options.original, options.returned, known)
    if options.again:
        check_again(options.original, options.again)
    if options.own:
        check_own(options.own, known)


def check_returned(original, returned, known):
    names = sorted(path.name for path in original.iterdir())
    found = sorted(path.name for path in returned.iterdir())
    if names != found:
        raise Disagreement(f"{returned} holds {found}, not {names}")
    fields = 0
    for name in names:
        before, after = original / name, returned / name
        message = model.read(after, known)
        if message is not None and (lost := model.unknown_fields(message)):
            raise Disagreement(f"{name}: fields {lost} are not in the model")
        if not name.endswith(".cronus.pb"):
            if before.read_bytes() != after.read_bytes():
                raise Disagreement(f"{name}: other bytes")
            continue
        old = model.read(before, known)
        old_folder, new_folder = (record.address.rpartition("/")[0] for record in (old, message))
        if Path(unquote(urlparse(new_folder).path)) != returned.resolve():
            raise Disagreement(f"{name}: its address is {message.address}")
        fields += compare(old, message, name, old_folder, new_folder)
    print(f"{returned}: {len(names)} files, {fields} fields of the record: as in the original, addresses rewritten")


def compare(old, new, where, old_folder, new_folder):
    """How many fields are equal; addresses into the old folder must point into the new one."""
    before, after = old.ListFields(), new.ListFields()
    if [f.name for f, _ in before] != [f.name for f, _ in after]:
        raise Disagreement(f"{where}: fields {[f.name for f, _ in after]}, not {[f.name for f, _ in before]}")
    count = 0
    for (field, one), (_, other) in zip(before, after):
        place = f"{where}.{field.name}"
        pairs = list(zip(one, other)) if field.is_repeated else [(one, other)]
        if field.is_repeated and len(one) != len(other):
            raise Disagreement(f"{place}: {len(other)} items, not {len(one)}")
        for mine, theirs in pairs:
            if field.message_type is not None:
                count += compare(mine, theirs, place, old_folder, new_folder)
                continue
            if field.name == "address" and mine.startswith(f"{old_folder}/"):
                mine = new_folder + mine.removeprefix(old_folder)
            if mine != theirs:
                raise Disagreement(f"{place}: {theirs!r}, not {mine!r}")
            count += 1
    return count


def check_again(original, parts):
    [stored] = original.glob("*.arrow")
    theirs = pa.ipc.open_file(stored).read_all()
    ours = pa.concat_tables(pa.ipc.open_file(part).read_all() for part in sorted(parts))
    # The framework's pyarrow read dates as seconds; no other type may differ.
    for field in theirs.schema:
        type_here = ours.schema.field(field.name).type
        if type_here != field.type and (field.type, type_here) != (pa.timestamp("s"), pa.date32()):
            raise Disagreement(f"{field.name} is {type_here}, the stored one {field.type}")
    same_cells("the stored table", ours, theirs)
    print(f"{stored.name}: {theirs.num_rows} rows, {theirs.num_columns} columns: the job run again made every cell")


def check_own(folder, known):
    messages = {path.name: model.read(path, known) for path in sorted(folder.iterdir())}
    for name, message in messages.items():
        if message is not None and (lost := model.unknown_fields(message)):
            raise Disagreement(f"{name}: fields {lost} are not in the model")
    [record] = [message for name, message in messages.items() if name.endswith(".cronus.pb")]
    datasets = {o.uuid: o for o in record.info.objects if o.WhichOneof("info") == "dataset"}
    listed, rows = {record.name}, 0
    for one in record.info.objects:
        kind = one.WhichOneof("info")
        if kind in ("menu", "config"):
            listed.add(one.name)
            if messages[one.name].uuid != one.uuid:
                raise Disagreement(f"{one.name} says that it is {messages[one.name].uuid}")
        elif kind == "dataset":
            below, count = of_dataset(one, folder, messages)
            listed |= below
            rows += count
            if missing := [parent.uuid for parent in one.dataset.parents if parent.uuid not in datasets]:
                raise Disagreement(f"{one.name}: its parents {missing} are not listed")
    if unlisted := set(messages) - listed:
        raise Disagreement(f"{folder}: the record does not list {sorted(unlisted)}")
    if not datasets or not rows:
        raise Disagreement(f"{folder}: {len(datasets)} datasets with {rows} rows")
    print(f"{folder}: {len(messages)} files, {len(datasets)} datasets, {rows} rows: read with the framework's messages")


def of_dataset(one, folder, messages):
    """The names of a dataset's files, and how many rows its Arrow files hold."""
    info = one.dataset
    names, rows = set(), 0
    for item in [*info.jobs, *info.hists, *info.logs, *info.tables, *info.tdigests]:
        names.add(item.name)
        if item.address != folder.resolve().as_uri() + "/" + item.name or item.parent_uuid != one.uuid:
            raise Disagreement(f"{item.name}: address {item.address}, parent {item.parent_uuid}")
    for job in info.jobs:
        if messages[job.name].dataset_id != one.uuid:
            raise Disagreement(f"{job.name}: it made {messages[job.name].dataset_id}")
    for item in info.files:
        if item.file.partition not in info.partitions:
            raise Disagreement(f"{item.name}: no partition {item.file.partition!r}")
        if f".part_{item.file.partition}.{item.uuid}." in item.name and ".job_" not in item.name:
            continue  # An input: it stays where it was.
        names.add(item.name)
        table = pa.ipc.open_file(folder / item.name).read_all()
        if table.num_rows != item.file.aux.num_rows:
            raise Disagreement(f"{item.name}: {table.num_rows} rows, not {item.file.aux.num_rows}")
        [described] = [t for t in info.tables if f".file_{item.uuid}." in t.name]
        if list(described.table.fields) != table.column_names:
            raise Disagreement(f"{described.name}: columns {list(described.table.fields)}")
        rows += table.num_rows
    return names, rows


if __name__ == "__main__":
    try:
        main()
    except Disagreement as disagreement:
        raise SystemExit(f"check_interchange: {disagreement}") from None
