"""Poses of clips, tracked once and kept; and the commit and machine that figures come from."""

import ast
import hashlib
import os
import platform
import subprocess
from dataclasses import asdict
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
CACHE: Final = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "hingecheck-benchmarks"

# What stands between a clip's bytes and its poses. A change in one of these makes stored poses stale.
_ESTIMATOR: Final = ("media/*.py", "vision/*.py", *(f"verdict/{name}.py" for name in ("geometry", "poses", "silhouette", "skeleton")))


def poses_file(clip: Path, model: str, folder: Path) -> Path:
    """The poses.npz of a clip. The stored one is used if clip, model and estimator are the same; else a new one is made."""
    from hingecheck.drive import clip as one_clip
    from hingecheck.storage import recording

    kept = folder / f"{sha256(clip)[:16]}-{model}-{_running()}.poses.npz"
    if not kept.is_file():
        info, poses, warnings = one_clip.track(clip, model=model)
        folder.mkdir(parents=True, exist_ok=True)
        recording.save_poses(kept, poses, {"clip": asdict(info), "model": model, "warnings": list(warnings)})
    return kept


def estimator_hash(package: Path = ROOT / "hingecheck") -> str:
    """Ten digits that change with the code that makes poses, not with its comments or its layout."""
    digest = hashlib.sha256()
    for path in sorted(path for pattern in _ESTIMATOR for path in package.glob(pattern)):
        name = path.relative_to(package).as_posix()
        digest.update(name.encode() + ast.dump(_without_docstrings(path.read_text(encoding="utf-8"))).encode())
    return digest.hexdigest()[:10]


@cache
def _running() -> str:
    """The hash of the code that this process runs. It is taken once: poses of the old code must not get the hash of a later edit."""
    return estimator_hash()


def about() -> dict[str, str]:
    """Commit, machine and versions, for the head of every table."""
    packages = ("numpy", "mediapipe", "opencv-contrib-python", "av")
    return {
        "commit": commit(),
        "machine": f"{os.cpu_count()} x {_processor()}, {platform.system()}, Python {platform.python_version()}",
        "packages": ", ".join(f"{name} {version(name)}" for name in packages),
    }


def _without_docstrings(source: str) -> ast.Module:
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node) is not None:
            node.body = node.body[1:] or [ast.Pass()]
    return tree


def sha256(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def commit() -> str:
    """Short hash of the commit, with ``+`` where files differ from it."""
    try:
        told = subprocess.run(
            ["git", "describe", "--always", "--dirty=+", "--exclude=*"], cwd=ROOT, capture_output=True, text=True, check=True, timeout=20
        )
    except (OSError, subprocess.SubprocessError):
        return "unknown"
    return told.stdout.strip()


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()
