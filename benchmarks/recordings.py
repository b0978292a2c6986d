"""Recordings of a folder of clips: each clip is tracked once, in several processes, and judged from its recording from then on.

A recording is the ``poses.npz`` that ``analyze`` writes. Its name holds the clip's content and the model. It also says which code
tracked the clip, so that ``made_by_other_code`` can count those that are not of today's code.
"""

import json
import multiprocessing
import sys
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import numpy as np

from hingecheck.errors import HingecheckError

from .tracked import estimator_hash, sha256

CODE: Final = "estimator_code"  # the entry of a recording's metadata that says which code made it


def recording_file(clip: Path, model: str, folder: Path) -> Path:
    """Where the recording of a clip is kept, made or not."""
    return folder / f"{sha256(clip)[:16]}-{model}.poses.npz"


def record_all(clips: Iterable[Path], model: str, folder: Path, jobs: int, *, afresh: bool = False) -> tuple[dict[Path, Path], list[str]]:
    """The recording of each clip, made where there is none or ``afresh``; and a line for each clip that could not be tracked."""
    files = {clip: recording_file(clip, model, folder) for clip in clips}
    missing = [clip for clip, file in files.items() if afresh or not file.is_file()]
    missing.sort(key=lambda clip: clip.stat().st_size, reverse=True)  # the longest first, so that no process is left with it at the end
    failed: dict[Path, str] = {}
    if missing:
        folder.mkdir(parents=True, exist_ok=True)
        with ProcessPoolExecutor(jobs, multiprocessing.get_context("spawn")) as pool:
            tasks = {pool.submit(_record, clip, model, files[clip]): clip for clip in missing}
            for done, task in enumerate(as_completed(tasks), 1):
                clip = tasks[task]
                try:
                    task.result()
                except HingecheckError as error:
                    failed[clip] = str(error)
                print(f"{done}/{len(missing)} {clip.name}: {failed.get(clip, 'tracked')}", file=sys.stderr, flush=True)
    return {clip: file for clip, file in files.items() if clip not in failed}, list(failed.values())


def _record(clip: Path, model: str, file: Path) -> None:
    """Track one clip and write its recording. Runs in a process of its own."""
    from hingecheck.drive import clip as one_clip
    from hingecheck.storage import recording

    code = estimator_hash()  # taken first: an edit during the run must not be taken for the code that ran
    info, poses, warnings = one_clip.track(clip, model=model, alone=False)
    meta = {"clip": asdict(info), "model": model, "warnings": list(warnings), "live": False, CODE: code}
    recording.save_poses(file, poses, meta)


def made_by_other_code(files: Iterable[Path]) -> int:
    """How many recordings were made by code of ``media`` and ``vision`` that differs from today's."""
    code = estimator_hash()
    return sum(_meta(file).get(CODE) != code for file in files)


def _meta(file: Path) -> dict[str, Any]:
    """What a recording says of its clip, without reading its poses."""
    with np.load(file, allow_pickle=False) as stored:
        return dict(json.loads(str(stored["meta"])))
