"""hingecheck: watches a hip hinge and says what to change.

>>> import hingecheck
>>> verdict = hingecheck.judge("tests/goldens/good.poses.npz")  # or hingecheck.analyze("clip.mp4")
>>> [rep.complete for rep in verdict.result.reps]
[True, True, True]
"""

__version__ = "0.1.0"
from typing import TYPE_CHECKING

from . import _lazy

if TYPE_CHECKING:
    from .errors import HingecheckError
    from .library import Verdict, analyze, judge
    from .verdict.profiles import Profile

__all__ = ["HingecheckError", "Profile", "Verdict", "analyze", "judge"]

__getattr__, __dir__ = _lazy.shown(
    __name__, {"errors": "HingecheckError", "library": "Verdict analyze judge", "verdict.profiles": "Profile"}
)
