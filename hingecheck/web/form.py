"""The form of a coach's settings, made from the cue table."""

from typing import Any, Final

from ..show.report import plain_unit, scale
from ..verdict.cues import CUES
from ..verdict.profiles import LONGEST_HOLD_S, Profile, RepSettings

STEP: Final = 0.1  # of a slider, degrees or percent


def form_of(profile: Profile) -> list[dict[str, Any]]:
    """The form as plain values: one group per cue, with its settings, their ranges, defaults and reasons.

    A setting is ``scale`` times what the profile has: shares are shown in percent.
    """
    default = Profile.default()
    groups: list[dict[str, Any]] = []
    for cue in CUES:
        mine, usual = profile.cue(cue.id), default.cue(cue.id)
        settings = [
            _setting(
                f"cues.{cue.id}.{fault.direction}",
                f"{fault.name}: {'over' if fault.above else 'under'}",
                getattr(mine, fault.direction),
                getattr(usual, fault.direction),
                (fault.low, fault.high, STEP),
                cue.unit,
                f"allows for ± {fault.usual_spread * scale(cue.unit):.3g}; {fault.reason}",
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
    times = scale(unit)
    shown = {"value": value, "default": default, "low": low, "high": high}
    return {
        **{name: round(number * times, 3) for name, number in shown.items()},
        **{"key": key, "title": title, "step": step, "scale": times, "unit": plain_unit(unit), "reason": reason},
    }


def changed(profile: Profile) -> list[tuple[str, str]]:
    """The settings that differ from the default, as (cue, words)."""
    found = []
    for group in form_of(profile):
        for setting in group["settings"]:
            if setting["value"] != setting["default"]:
                title = group["cue"].name if group["cue"] else "Repetitions"
                words = setting["title"].replace(":", "")
                found.append((title, f"{words} {setting['value']:g} {setting['unit']} (usual {setting['default']:g})"))
        if not group["enabled"]:
            found.append((group["cue"].name, "not judged"))
    return found
