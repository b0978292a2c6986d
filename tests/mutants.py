"""Each fitted table multiplied by 1.2, and which golden notices it: ``python tests/mutants.py``. ``test_shipped`` holds what none does."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from make_goldens import CLIPS, differences, judge, load

from hingecheck.verdict import calibration, fitted

FACTOR: Final = 1.2
# Tables, and the parts of `ANGLES`.
NAMES: Final = tuple(
    part for name in fitted.SHAPES for part in ([f"ANGLES.{part}" for part in calibration.Angles.__slots__] if name == "ANGLES" else [name])
)


def multiplied(table: Any) -> Any:
    """Every number of a table times ``FACTOR``."""
    if isinstance(table, dict):
        return {name: multiplied(row) for name, row in table.items()}
    return tuple(map(multiplied, table)) if isinstance(table, tuple) else table * FACTOR


@contextmanager
def mutated(name: str) -> Iterator[None]:
    """Within: the calibration with one table, or one part of ``ANGLES``, multiplied."""
    table, _, part = name.partition(".")
    kept = getattr(calibration, table)
    fields = {one: getattr(kept, one) for one in calibration.Angles.__slots__} if part else {}
    setattr(calibration, table, calibration.Angles(**fields | {part: multiplied(fields[part])}) if part else multiplied(kept))
    try:
        yield
    finally:
        setattr(calibration, table, kept)


def noticed(name: str) -> str | None:
    """The first golden that a mutated calibration changes; None where none does."""
    with mutated(name):
        return next((clip for clip in CLIPS if differences(load(clip)[1], judge(load(clip)[0]))), None)


def main() -> None:
    """Say of each table which golden notices."""
    for name in NAMES:
        print(f"{name:20} {noticed(name) or '-'}")


if __name__ == "__main__":
    main()
