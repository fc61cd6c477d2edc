"""Tests of the research bench."""
