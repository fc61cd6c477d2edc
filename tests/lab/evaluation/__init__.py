"""Tests of evaluating models."""
