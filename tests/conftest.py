"""What all tests share: the places of the repository, and hypothesis without its stop-watch."""

import os
import signal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# A suite that is started in the background, or by nohup, inherits ignored signals, and the programs that it starts would inherit them too.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
    signal.signal(signal.SIGHUP, signal.SIG_DFL)

# The machines that run this are shared: a slow example is no defect. CI takes the same examples every time. Elsewhere each run seeks new
# ones.
settings.register_profile(
    "patient", deadline=None, max_examples=50, suppress_health_check=[HealthCheck.too_slow], derandomize="CI" in os.environ
)
settings.load_profile("patient")


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository."""
    return Path(__file__).parents[1]


@pytest.fixture(scope="session")
def sample_videos(root: Path) -> Path:
    """The folder of rendered clips: NAME.mp4 beside NAME.json, its truth."""
    return root / "sample_videos"
