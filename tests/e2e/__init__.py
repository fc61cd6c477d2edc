"""The whole road, driven by a real browser."""
