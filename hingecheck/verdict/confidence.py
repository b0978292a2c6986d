"""How far a measure may be off: half the width of the interval that holds four of five errors on rendered bodies left out of the fit.

The numbers are in ``calibration``; they grow with the angle to a square side view and with a joint's doubt. A value that passes its limit
by less than this is not called a fault.
"""

from typing import Final

import numpy as np

from . import calibration
from .types import METRICS, Bools, Floats, Metrics

# Rendered joints score above 0.85 nearly always, and there the score does not tell good frames from bad ones. Below, the interval widens
# as the score falls, to twice its width where a joint is only just likely enough to be used.
LEAST_SURE: Final = 0.5
# Not the lead of the hips: it is measured from two estimates of the knee, and its errors were measured behind plates as well.
OF_THE_LEG: Final = frozenset({"hip_flexion_deg", "knee_flexion_deg", "shin_lean_deg", "butt_drop", "knee_ankle_ratio", "ankle_hip_ratio"})


def spreads(off_side_deg: Floats, sure: Floats, shaped: Bools, outlined: Bools, by_rear: Floats) -> Metrics:
    """Half-width of each metric's interval, in its unit, by frame. (T,) degrees, (T, 2) 0 to 1, (T,), (T,), (T,) -> Metrics of T.

    NaN without a view. ``sure`` is how likely the least likely joint of the near trunk and of the near leg is; ``shaped``: whether the
    lifter's own standing back was known; ``outlined``: whether the outline shows the hip's position;
    ``by_rear``: how much the rear edge of the legs counts against their landmarks, 0 to 1.
    """
    doubt = 1.0 / np.clip(sure, LEAST_SURE, 1.0)
    columns = {}
    for name in METRICS:
        wide = np.interp(off_side_deg, calibration.SPREADS_AT_DEG, calibration.SPREADS[name]) * doubt[:, int(name in OF_THE_LEG)]
        if name in calibration.SPREADS_UNSTOOD:
            wide = np.where(shaped, wide, np.maximum(wide, calibration.SPREADS_UNSTOOD[name]))
        if name in calibration.SPREADS_OUTLINED:
            wide = np.where(outlined, calibration.SPREADS_OUTLINED[name], wide)
        if name in calibration.SPREADS_BY_REAR:
            wide = wide + by_rear * (calibration.SPREADS_BY_REAR[name] * doubt[:, 1] - wide)
        columns[name] = wide
    return Metrics(**columns)
