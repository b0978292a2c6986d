"""How well and how fast hingecheck does its work: ``python -m benchmarks accuracy | limits | speed | demo``."""
