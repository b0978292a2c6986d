"""The rules in force: the cue table with a profile's limits."""

from functools import cache

from .cues import CUES
from .judging import Rule
from .profiles import Profile


@cache
def rules(profile: Profile) -> tuple[Rule, ...]:
    """The cue table with a profile's limits, one rule a fault."""
    settings = {cue.id: profile.cue(cue.id) for cue in CUES}
    return tuple(
        Rule(cue, fault, profile.limit(cue.id, fault.direction), settings[cue.id].hold_s, settings[cue.id].enabled)
        for cue in CUES
        for fault in cue.faults
    )
