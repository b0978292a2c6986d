"""The form of a coach's settings, made from the cue table."""

from typing import Any, Final

from ..verdict.cues import CUES
from ..verdict.profiles import LONGEST_HOLD_S, Profile, RepSettings

STEPS: Final = {"degrees": 0.1}  # step of a slider; 0.001 in other units


def form_of(profile: Profile) -> list[dict[str, Any]]:
    """The form as plain values: one group per cue, with its settings, their ranges, defaults and reasons."""
    default = Profile.default()
    groups: list[dict[str, Any]] = []
    for cue in CUES:
        mine, usual = profile.cue(cue.id), default.cue(cue.id)
        step = STEPS.get(cue.unit, 0.001)
        settings = [
            _setting(
                f"cues.{cue.id}.{fault.direction}",
                f"{fault.direction.replace('_', ' ').capitalize()}: called from",
                getattr(mine, fault.direction),
                getattr(usual, fault.direction),
                (fault.low, fault.high, step),
                cue.unit,
                f"{'upwards' if fault.above else 'downwards'}; ± {fault.usual_spread:g} allowed for; {fault.reason}",
            )
            for fault in cue.faults
        ]
        held = "how long a value must stay wrong, or right again, before it counts"
        settings.append(
            _setting(f"cues.{cue.id}.hold_s", "Held for", mine.hold_s, usual.hold_s, (0, LONGEST_HOLD_S, 0.05), "seconds", held)
        )
        differs = mine != usual
        groups.append({"id": cue.id, "cue": cue, "enabled": mine.enabled, "differs": differs, "settings": settings})
    reps = []
    for name, field in RepSettings.model_fields.items():
        low, high = (next(getattr(rule, kind) for rule in field.metadata if hasattr(rule, kind)) for kind in ("ge", "le"))
        title = {"start_deg": "A rep begins at", "min_depth_deg": "A rep reaches at least"}[name]
        reason = (field.description or "").partition(":")[0]
        reps.append(
            _setting(f"reps.{name}", title, getattr(profile.reps, name), getattr(default.reps, name), (low, high, 1), "degrees", reason)
        )
    groups.append({"id": "reps", "cue": None, "enabled": True, "differs": profile.reps != default.reps, "settings": reps})
    return groups


def _setting(
    key: str, title: str, value: float, default: float, reach: tuple[float, float, float], unit: str, reason: str
) -> dict[str, Any]:
    low, high, step = reach
    return {
        "key": key,
        "title": title,
        "value": value,
        "default": default,
        "low": low,
        "high": high,
        "step": step,
        "unit": unit,
        "reason": reason,
    }


def changed(profile: Profile) -> list[tuple[str, str]]:
    """The settings that differ from the default, as (cue, words)."""
    found = []
    for group in form_of(profile):
        for setting in group["settings"]:
            if setting["value"] != setting["default"]:
                title = group["cue"].name if group["cue"] else "Repetitions"
                words = setting["title"].lower().replace(":", "")
                found.append((title, f"{words} {setting['value']:g} {setting['unit']} (usual {setting['default']:g})"))
        if not group["enabled"]:
            found.append((group["cue"].name, "not judged"))
    return found
