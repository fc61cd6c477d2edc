"""Bytes to scores: digest, cache, one computation for all who ask, sandboxed workers."""
