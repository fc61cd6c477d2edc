"""Bytes that nobody thought of, sent down the road that strangers' bytes take; see README.md beside this file."""
