"""How accurate and how fast hingecheck is: ``python -m benchmarks accuracy | limits | refit | speed | live | demo | render``."""
