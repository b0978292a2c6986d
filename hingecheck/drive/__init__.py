"""Runs the work: one clip, a folder, a live session. The only processes, threads and signals. Imports from all folders but ``web``."""
