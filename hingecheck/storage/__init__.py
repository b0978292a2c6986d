"""Storage: recorded poses, tables, session data. Files are complete or absent. Imports from ``verdict`` and ``errors``."""

from typing import TYPE_CHECKING

from .. import _lazy

if TYPE_CHECKING:
    from .files import Draft, Original, Stamp, atomic, changed, forget_drafts, sha256, stamp, writing
    from .locks import alone, hold
    from .recording import SCHEMA, load_poses, save_poses, storable
    from .spool import Events, PoseSpool
    from .tables import csv_text, need_parquet, write_parquet

__all__ = [
    "SCHEMA",
    "Draft",
    "Events",
    "Original",
    "PoseSpool",
    "Stamp",
    "alone",
    "atomic",
    "changed",
    "csv_text",
    "forget_drafts",
    "hold",
    "load_poses",
    "need_parquet",
    "save_poses",
    "sha256",
    "stamp",
    "storable",
    "write_parquet",
    "writing",
]

__getattr__, __dir__ = _lazy.shown(
    __name__,
    {
        "files": "Draft Original Stamp atomic changed forget_drafts sha256 stamp writing",
        "locks": "alone hold",
        "recording": "SCHEMA load_poses save_poses storable",
        "spool": "Events PoseSpool",
        "tables": "csv_text need_parquet write_parquet",
    },
)
