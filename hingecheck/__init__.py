"""hingecheck: watches a hip hinge and says what to change."""

__version__ = "0.1.0"
