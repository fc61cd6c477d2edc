"""Scores and circumstances to a decision: pure functions, no I/O."""
