"""Whether polars and DuckDB read the same rows, types and nulls as pyarrow, and whether two tables are equal."""

import duckdb
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
from parts import Disagreement

# DuckDB holds other zoned times in microseconds.
ZONED = {"ns": "TIMESTAMPTZ_NS"}


def check_polars(files, table):
    """polars reads the parts itself, and must name the types that follow from those of pyarrow."""
    frame = pl.concat([pl.read_ipc(file) for file in files])
    types = [frame.schema[name] for name in frame.columns]
    same_types("polars", table.schema, frame.columns, types, polars_type)
    same_cells("polars", table, frame.to_arrow())
    lazy = pl.scan_ipc(files).select(pl.len()).collect().item()
    if lazy != table.num_rows:
        raise Disagreement(f"polars scans {lazy} rows, pyarrow {table.num_rows}")


def check_duckdb(table):
    """DuckDB takes the table from pyarrow without a copy."""
    connection = duckdb.connect()
    relation = connection.from_arrow(table)
    same_types("DuckDB", table.schema, relation.columns, map(str, relation.types), duckdb_type)
    same_cells("DuckDB", table, relation.to_arrow_table())


def same_types(who, schema, names, types, expected):
    if list(names) != schema.names:
        raise Disagreement(f"{who}: columns {list(names)}, pyarrow {schema.names}")
    for field, seen in zip(schema, types):
        if seen != expected(field.type):
            raise Disagreement(f"{who}: {field.name} is {seen}, pyarrow says {field.type}")


def polars_type(kind):
    """The polars type of an Arrow type. polars has no seconds: it holds them as milliseconds."""
    if pa.types.is_timestamp(kind):
        return pl.Datetime("ms" if kind.unit == "s" else kind.unit, kind.tz)
    if pa.types.is_decimal(kind):
        return pl.Decimal(kind.precision, kind.scale)
    return {
        pa.null(): pl.Null, pa.bool_(): pl.Boolean, pa.int32(): pl.Int32, pa.int64(): pl.Int64,
        pa.uint64(): pl.UInt64, pa.float64(): pl.Float64, pa.date32(): pl.Date, pa.string(): pl.String,
        pa.large_string(): pl.String,
    }[kind]


def duckdb_type(kind):
    """The name of the DuckDB type of an Arrow type."""
    if pa.types.is_timestamp(kind):
        suffix = {"s": "_S", "ms": "_MS", "us": "", "ns": "_NS"}[kind.unit]
        return ZONED.get(kind.unit, "TIMESTAMP WITH TIME ZONE") if kind.tz else f"TIMESTAMP{suffix}"
    if pa.types.is_decimal(kind):
        return f"DECIMAL({kind.precision},{kind.scale})"
    return {
        pa.null(): '"NULL"', pa.bool_(): "BOOLEAN", pa.int32(): "INTEGER", pa.int64(): "BIGINT",
        pa.uint64(): "UBIGINT", pa.float64(): "DOUBLE", pa.date32(): "DATE", pa.string(): "VARCHAR",
        pa.large_string(): "VARCHAR",
    }[kind]


def same_cells(who, ours, theirs):
    """Every cell and every null of `theirs`, brought to the types of `ours` without loss, is that of `ours`."""
    if theirs.num_rows != ours.num_rows or theirs.column_names != ours.column_names:
        raise Disagreement(
            f"{who}: {theirs.num_rows} rows of {theirs.column_names}, not {ours.num_rows} of {ours.column_names}")
    for name in ours.column_names:
        mine, other = ours[name], theirs[name].cast(ours[name].type)
        if mine.null_count != other.null_count:
            raise Disagreement(f"{who}: {name} has {other.null_count} nulls, not {mine.null_count}")
        if not mine.equals(other):
            check_column(who, name, mine, other)


def check_column(who, name, mine, other):
    """Where two columns differ; NaN equals NaN here, which `equals` denies."""
    equal = pc.equal(mine, other)
    if pa.types.is_floating(mine.type):
        equal = pc.or_(equal, pc.and_(pc.is_nan(mine), pc.is_nan(other)))
    nulls = pc.and_(pc.is_null(mine), pc.is_null(other))
    different = pc.invert(pc.or_(nulls, pc.fill_null(equal, False)))
    rows = pc.sum(different).as_py() or 0
    if rows:
        first = pc.index(different, True).as_py()
        raise Disagreement(
            f"{who}: {name} differs in {rows} rows, first in row {first}: {other[first]}, not {mine[first]}")
