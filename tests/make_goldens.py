"""Goldens: what the engine says today of poses recorded from sample clips. ``test_goldens`` holds later versions to it.

A golden is no truth, only what came out once; the truth is in ``sample_videos``. After a change that is meant to move numbers::

    python -m tests.make_goldens            # judges the recorded poses again, a second
    python -m tests.make_goldens --record   # sees the clips again first, some minutes

and look at the difference before it is committed.
"""

import json
import sys
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from hingecheck.drive import clip as one_clip
from hingecheck.storage import recording
from hingecheck.verdict import engine
from hingecheck.verdict.cues import BY_ID
from hingecheck.verdict.poses import Poses
from hingecheck.verdict.profiles import Profile
from hingecheck.verdict.types import METRICS, Judgement, Result
from hingecheck.vision import estimators

FOLDER = Path(__file__).with_name("goldens")
SAMPLES = FOLDER.parents[1] / "sample_videos"
CLIPS = (
    "good",
    "rounded_lower_back",
    "rounded_upper_back",
    "squatty",
    "locked_knees",
    "knees_caving",
    "knees_too_wide",
    "feet_too_wide",
    "feet_too_narrow",
    "shoulders_forward",
    "incomplete_lockout",
    "hyperextended_lockout",
    "core_loose",
    "hips_rise_first",
)

NEAR = {"degrees": 1.0}  # a value as close as this to being surely past its limit may fall on either side; other units: NEAR_RATIO
NEAR_RATIO = 0.02
TIME_S = 0.05  # a frame of the clips, and rounding
DEGREES, RATIO = 0.5, 0.01  # how far a metric, and how far it may be off, may move


def record(name: str) -> None:
    """See a sample clip with the default model and keep its poses, rounded to what matters: a tenth of a pixel, a millimetre."""
    clip = SAMPLES / f"{name}.mp4"
    info, seen, warnings = one_clip.track(clip)
    poses = seen[:]
    digits = {"xy": 1, "score": 2, "world": 3, "back": 4, "leg": 4}
    rounded = replace(poses, **{field: getattr(poses, field).round(places) for field, places in digits.items()})
    meta = {"clip": {**asdict(info), "path": f"sample_videos/{name}.mp4"}, "model": estimators.DEFAULT, "warnings": list(warnings)}
    recording.save_poses(FOLDER / f"{name}.poses.npz", recording.storable(rounded), meta)


def load(name: str) -> tuple[Poses, dict[str, Any]]:
    """The recorded poses of a clip, and its golden."""
    poses, _ = recording.load_poses(FOLDER / f"{name}.poses.npz")
    return poses, json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))


def judge(poses: Poses) -> dict[str, Any]:
    """What the engine says of poses: reps with their metrics, how far these may be off, and cues, and every event."""
    return plain(engine.analyse(poses, Profile.default()))


def plain(result: Result) -> dict[str, Any]:
    """A result as values that JSON can hold, rounded to three digits."""
    return {
        "reps": [
            {
                **{name: round(getattr(rep, name), 3) for name in ("start_s", "bottom_s", "end_s")},
                "exercise": rep.exercise.id,
                "complete": rep.complete,
                "metrics": {name: rounded(rep.metrics[name]) for name in METRICS},
                "uncertainty": {name: rounded(rep.uncertainty[name]) for name in METRICS},
                "cues": {
                    cue_id: {
                        "status": str(said.status),
                        "direction": said.direction,
                        "value": rounded(said.value),
                        "uncertainty": rounded(said.uncertainty),
                        "limit": said.limit,
                        "past": rounded(surely_past(cue_id, said)),
                        "unit": said.unit,
                    }
                    for cue_id, said in rep.cues.items()
                },
            }
            for rep in result.reps
        ],
        "events": [
            {
                "time_s": round(event.time_s, 3),
                "kind": event.kind,
                "cue": event.cue,
                "direction": event.direction,
                "value": rounded(event.value),
            }
            for event in result.events
        ],
    }


def surely_past(cue_id: str, said: Judgement) -> float | None:
    """How far a value is past its limit even if off by all it may be, negative while it may be right; None where not judged."""
    if said.value is None or said.limit is None or said.uncertainty is None:
        return None
    fault = min(BY_ID[cue_id].faults, key=lambda fault: abs(fault.limit - said.limit))  # an exercise may move it a little
    return (fault.least(said.value, said.uncertainty) - said.limit) * (1 if fault.above else -1)


def rounded(value: float | None) -> float | None:
    """Three digits; None stays."""
    return None if value is None else round(value, 3)


def differences(golden: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """Where a verdict has left its golden, a line each; what lies at a limit may fall on either side of it."""
    if len(golden["reps"]) != len(now["reps"]):
        return [f"{len(golden['reps'])} reps have become {len(now['reps'])}"]
    found: list[str] = []
    on_the_line: set[str] = set()
    for number, (old, new) in enumerate(zip(golden["reps"], now["reps"], strict=True), 1):
        for name in ("start_s", "bottom_s", "end_s"):
            if abs(old[name] - new[name]) > TIME_S:
                found.append(f"rep {number}: {name} {old[name]} has become {new[name]}")
        if old["exercise"] != new["exercise"]:
            found.append(f"rep {number}: {old['exercise']} has become {new['exercise']}")
        if old["complete"] != new["complete"]:
            found.append(f"rep {number}: complete {old['complete']} has become {new['complete']}")
        for name in METRICS:
            if moved(old["metrics"].get(name), new["metrics"][name], DEGREES if name.endswith("_deg") else RATIO):
                found.append(f"rep {number}: {name} {old['metrics'].get(name)} has become {new['metrics'][name]}")
            if moved(old["uncertainty"].get(name), new["uncertainty"][name], DEGREES if name.endswith("_deg") else RATIO):
                found.append(f"rep {number}: {name} was off by {old['uncertainty'].get(name)}, and is by {new['uncertainty'][name]}")
        for cue_id, said in new["cues"].items():
            before = old["cues"].get(cue_id)
            if before is not None and (at_limit(before) or at_limit(said)):
                on_the_line.add(cue_id)
            elif before is None or (before["status"], before["direction"]) != (said["status"], said["direction"]):
                found.append(f"rep {number}: {cue_id} {before} has become {said}")
    old_events, new_events = ([e for e in verdict["events"] if e["cue"] not in on_the_line] for verdict in (golden, now))
    kinds = [[(e["kind"], e["cue"], e["direction"]) for e in events] for events in (old_events, new_events)]
    if kinds[0] != kinds[1]:
        found.append(f"events {kinds[0]} have become {kinds[1]}")
    else:
        late = [(a, b) for a, b in zip(old_events, new_events, strict=True) if abs(a["time_s"] - b["time_s"]) > TIME_S]
        found += [f"event {a} has become {b}" for a, b in late]
    return found


def moved(old: float | None, new: float | None, by: float) -> bool:
    """Whether a metric has moved by more than ``by``, has come or has gone."""
    return old is not new if old is None or new is None else abs(old - new) > by


def at_limit(said: Mapping[str, Any]) -> bool:
    """Whether a judged value is so close to being surely past its limit that a hair decides."""
    return said["past"] is not None and abs(said["past"]) <= NEAR.get(said["unit"], NEAR_RATIO)


def main() -> None:
    """Write the goldens of all clips."""
    for name in CLIPS:
        if "--record" in sys.argv[1:]:
            record(name)
        poses, _ = recording.load_poses(FOLDER / f"{name}.poses.npz")
        (FOLDER / f"{name}.json").write_text(json.dumps(judge(poses), indent=1) + "\n", encoding="utf-8")
        print(f"{name}: written")


if __name__ == "__main__":
    main()
