"""What all tests share: the places of the repository, and hypothesis without its stop-watch."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# The machines that run this are shared: a slow example is no defect.
settings.register_profile("patient", deadline=None, max_examples=50, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository."""
    return Path(__file__).parents[1]


@pytest.fixture(scope="session")
def sample_videos(root: Path) -> Path:
    """The folder of rendered clips: NAME.mp4 beside NAME.json, its truth."""
    return root / "sample_videos"
