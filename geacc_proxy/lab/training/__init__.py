"""Training by Geacc's recipe: a labelled folder in, a run folder with models, cards and curves out.

`train` in `run` is the door. TensorFlow is imported by `runtime` alone, once everything that can be checked without it
has been.
"""
