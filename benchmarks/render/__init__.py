"""The renderer of hinges with exact truth: bodies, clothes, rooms and cameras drawn from a seed, filmed in software."""
