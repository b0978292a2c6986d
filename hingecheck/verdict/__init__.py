"""Arrays in, verdict out: all that measures and judges a hinge. Opens no file, no camera and no clock. Imports from ``errors`` only."""
