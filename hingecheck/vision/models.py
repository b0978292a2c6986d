"""The model files: where they are, and whether they match the listed checksums."""

import hashlib
from pathlib import Path
from typing import Final

from ..errors import ModelError

CHECKSUMS: Final = "SHA256SUMS"


def model_path(name: str) -> Path:
    """Path of a model file, even if it does not exist yet: in the installed package, or next to it in a source checkout."""
    here = Path(__file__).resolve().parents[1]
    folders = (here / "models", here.parent / "models")
    file = f"pose_landmarker_{name}.task"
    found = [folder / file for folder in folders if (folder / file).is_file()]
    return found[0] if found else next((f for f in folders if (f / CHECKSUMS).is_file()), folders[0]) / file


def verify(name: str) -> bytes:
    """Content of the model file. ``ModelError`` if it is missing or does not match its checksum in ``SHA256SUMS``."""
    path = model_path(name)
    remedy = f"Make it again: python {path.parent / 'build.py'} {name}"
    try:
        sums = {file: digest for digest, file in map(str.split, (path.parent / CHECKSUMS).read_text("utf-8").splitlines())}
        data = path.read_bytes()
    except FileNotFoundError as error:
        raise ModelError(f"{error.filename}: not there, so pose model {name!r} cannot be used. {remedy}") from error
    except OSError as error:
        raise ModelError(f"{path}: cannot be read ({error.strerror}). Check its permissions.") from error
    if path.name not in sums:
        raise ModelError(f"{path}: no such model in {CHECKSUMS}. Use lite, full or heavy.")
    if hashlib.sha256(data).hexdigest() != sums[path.name]:
        raise ModelError(f"{path}: damaged, its SHA-256 is not the one in {CHECKSUMS}. {remedy}")
    return data
