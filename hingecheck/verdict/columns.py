"""What arrays over time have in common: cut and joined all at once."""

from dataclasses import fields, replace
from typing import Self

import numpy as np


class Columns:
    """Arrays that share axis 0: ``len`` is T, slicing keeps the type, ``concat`` joins chunks in time."""

    def __len__(self) -> int:
        return len(getattr(self, fields(self)[0].name))  # type: ignore[arg-type]

    def __getitem__(self, frames: slice) -> Self:
        return replace(self, **{f.name: getattr(self, f.name)[frames] for f in fields(self)})  # type: ignore[arg-type,type-var]

    @classmethod
    def concat(cls, parts: "list[Self]") -> Self:
        """Join chunks in time; at least one is needed."""
        return cls(**{f.name: np.concatenate([getattr(p, f.name) for p in parts]) for f in fields(cls)})  # type: ignore[arg-type]
