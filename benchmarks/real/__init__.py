"""``real``: how far hingecheck agrees with two independent ratings by eye of filmed clips."""
