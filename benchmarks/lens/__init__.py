"""The lens of ``hingecheck.verdict.lens``: what it is learnt from, and how."""
