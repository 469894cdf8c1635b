"""The messages of the public metadata model, as Python classes.

They are made from the list of the model's facts (`proto/tests/data/model.txt`: message, field, number, type), not from
the `.proto` files of this project, so that what the project writes is read by definitions that it did not make it with.
The framework's own generated classes are in no registry.
"""

import re
from pathlib import Path

from google.protobuf import descriptor_pb2, descriptor_pool, duration_pb2, message_factory, timestamp_pb2
from google.protobuf.unknown_fields import UnknownFieldSet

MODEL = Path(__file__).parents[2] / "proto/tests/data/model.txt"

FIELD = descriptor_pb2.FieldDescriptorProto
SCALARS = {
    "double": FIELD.TYPE_DOUBLE, "float": FIELD.TYPE_FLOAT, "int64": FIELD.TYPE_INT64, "uint64": FIELD.TYPE_UINT64,
    "int32": FIELD.TYPE_INT32, "bool": FIELD.TYPE_BOOL, "string": FIELD.TYPE_STRING, "bytes": FIELD.TYPE_BYTES,
}
GOOGLE = {"Timestamp": ".google.protobuf.Timestamp", "Duration": ".google.protobuf.Duration"}

# The message in a file of the framework, by the end of the file's name; the others hold no message.
FILES = {
    ".cronus.pb": "CronusObjectStore", ".menu.pb": "cronus.Menu", ".config.pb": "cronus.Configuration",
    ".job.pb": "artemis.JobInfo", ".hist.pb": "physt.HistogramCollection", ".tdigest.pb": "TDigest_store",
    ".table.pb": "cronus.Table",
}


def classes():
    """Full message name -> class."""
    facts = [line.split(" ", 3) for line in MODEL.read_text().splitlines() if line and not line.startswith("#")]
    enums = {name for name, _, _, kind in facts if kind == "enum"}
    pool = descriptor_pool.DescriptorPool()
    for google in (timestamp_pb2, duration_pb2):
        pool.AddSerializedFile(google.DESCRIPTOR.serialized_pb)
    names = {name for name, *_ in facts}
    for package in sorted({package_of(name) for name in names}):
        pool.Add(file_of(package, [fact for fact in facts if package_of(fact[0]) == package], names, enums))
    return {name: message_factory.GetMessageClass(pool.FindMessageTypeByName(name)) for name in names - enums}


def package_of(name):
    return name.rpartition(".")[0]


def file_of(package, facts, names, enums):
    file = descriptor_pb2.FileDescriptorProto(name=f"{package or 'none'}.proto", package=package, syntax="proto3")
    file.dependency.extend(["google/protobuf/timestamp.proto", "google/protobuf/duration.proto"])
    messages, listed = {}, {}
    for name, field, number, kind in facts:
        short = name.rpartition(".")[2]
        if kind == "enum":
            enum = listed.get(short) or file.enum_type.add(name=short)
            listed[short] = enum
            enum.value.add(name=field, number=int(number))
            continue
        message = messages.get(short) or file.message_type.add(name=short)
        messages[short] = message
        add_field(message, package, field, int(number), kind, names, enums)
    return file


def add_field(message, package, name, number, kind, names, enums):
    field = message.field.add(name=name, number=number, label=FIELD.LABEL_OPTIONAL)
    kind, in_oneof = (kind.removesuffix(" oneof"), True) if kind.endswith(" oneof") else (kind, False)
    if in_oneof:
        if not message.oneof_decl:
            message.oneof_decl.add(name="info")
        field.oneof_index = 0
    if kind.startswith("repeated "):
        field.label = FIELD.LABEL_REPEATED
        kind = kind.removeprefix("repeated ")
    pair = re.fullmatch(r"map<(\w+),(\w+)>", kind)
    if pair:
        # As protoc makes a map: a list of entries of a nested type.
        entry = message.nested_type.add(name="".join(p.title() for p in name.split("_")) + "Entry")
        entry.options.map_entry = True
        add_field(entry, package, "key", 1, pair[1], names, enums)
        add_field(entry, package, "value", 2, pair[2], names, enums)
        field.label = FIELD.LABEL_REPEATED
        field.type = FIELD.TYPE_MESSAGE
        field.type_name = f".{package}.{message.name}.{entry.name}".replace("..", ".")
    elif kind in SCALARS:
        field.type = SCALARS[kind]
    elif kind in GOOGLE:
        field.type, field.type_name = FIELD.TYPE_MESSAGE, GOOGLE[kind]
    else:
        full = f"{package}.{kind}" if package and f"{package}.{kind}" in names else kind
        field.type = FIELD.TYPE_ENUM if full in enums else FIELD.TYPE_MESSAGE
        field.type_name = f".{full}"


def read(path, known):
    """The message of a file, or None if it holds none."""
    kind = next((kind for ending, kind in FILES.items() if path.name.endswith(ending)), None)
    return known[kind].FromString(path.read_bytes()) if kind else None


def unknown_fields(message, below=100):
    """Numbers of fields that the model does not have, down to the last message; those from 100 on are additions."""
    found = [field.field_number for field in UnknownFieldSet(message) if field.field_number < below]
    for descriptor, value in message.ListFields():
        if descriptor.message_type is None:
            continue
        if descriptor.message_type.GetOptions().map_entry:
            values = [v for v in value.values() if hasattr(v, "ListFields")]
        else:
            values = value if descriptor.is_repeated else [value]
        for one in values:
            found += unknown_fields(one, below)
    return found
