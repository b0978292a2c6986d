"""Tables for other programs: CSV text, and Parquet files with typed columns."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from ..errors import InputError
from .files import atomic

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n")


def csv_text(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> str:
    """CSV text of rows under a header. None and missing values become empty cells.

    A spreadsheet would take text that begins with =, +, - or @ for a formula and run it. Such text gets an apostrophe in front.
    """
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: _inert(value) for name, value in row.items()} for row in rows)
    return text.getvalue()


def _inert(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    # Before Python 3.13 the writer does not quote a carriage return, which readers take for the end of the row.
    return ("'" if value.startswith(_FORMULA) else "") + value.replace("\r", "\\r")


def need_parquet(asked: str) -> None:
    """Raise ``InputError`` if Parquet cannot be written; call it before the work. The message begins with ``asked``."""
    try:
        import pyarrow.parquet  # noqa: F401
    except ImportError as error:
        raise InputError(f"{asked}: pyarrow is not installed. Run: pip install 'hingecheck[parquet]'") from error


def write_parquet(path: Path, columns: Mapping[str, type], rows: Iterable[Mapping[str, Any]]) -> None:
    """Write rows as Parquet, each column with the given Python type. None, empty strings and missing values become null."""
    import pyarrow as pa
    from pyarrow import parquet

    types = {str: pa.string(), int: pa.int64(), float: pa.float64(), bool: pa.bool_()}
    values: dict[str, list[Any]] = {name: [] for name in columns}
    for row in rows:
        for name, column in values.items():
            value = row.get(name)
            if isinstance(value, str):
                value = value.encode("utf-8", "backslashreplace").decode("utf-8")  # a file name may hold bytes that are not valid UTF-8
            column.append(None if value == "" else value)
    schema = pa.schema([(name, types[kind]) for name, kind in columns.items()])
    with atomic(path) as draft:
        parquet.write_table(pa.table(values, schema=schema), draft)
