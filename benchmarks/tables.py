"""Tables as lists of rows: printed as Markdown, written as JSON with every digit."""

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

Row = dict[str, Any]
Tables = dict[str, list[Row]]


def markdown(rows: list[Row]) -> str:
    """Rows as a Markdown table: the columns of the first row, numbers to three figures, a dash for no value."""
    if not rows:
        return "(nothing to show)"
    columns = list(rows[0])
    lines = [[cell(row.get(column)) for column in columns] for row in rows]
    width = [max(len(column), *(len(line[i]) for line in lines)) for i, column in enumerate(columns)]
    ruled = [columns, ["-" * w for w in width], *lines]
    return "\n".join("| " + " | ".join(text.ljust(w) for text, w in zip(line, width, strict=True)) + " |" for line in ruled)


def cell(value: Any) -> str:
    """One value as text: 3.14159 -> 3.14, True -> yes, None -> a dash."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.0f}" if abs(value) >= 1000 else f"{value:#.3g}".rstrip(".") if abs(value) >= 0.01 else f"{value:.3f}"
    if isinstance(value, list | tuple):
        return ", ".join(cell(item) for item in value) or "-"
    return str(value)


def show(tables: Tables, head: Mapping[str, str]) -> None:
    """Print the head (commit, machine, options) and each table under its title."""
    print("; ".join(f"{key} {value}" for key, value in head.items()))
    for title, rows in tables.items():
        print(f"\n### {title}\n\n{markdown(rows)}")


def write(path: Path, tables: Tables, head: Mapping[str, str]) -> None:
    """Write head and tables as JSON. NaN becomes null."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(_plain({"about": dict(head), "tables": tables}), indent=1, allow_nan=False) + "\n", encoding="utf-8")


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
