"""Graphs of model files, read without a runtime: their inputs, their steps, what ends them.

The bytes are read by a few lines of Python that keep within them: a model that somebody handed over is looked at before
it is trusted, and by a process that holds no engine.
"""
