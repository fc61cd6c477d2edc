"""Conversion: Keras, SavedModel, TensorFlow.js and timm models to LiteRT, once, in a process of their own.

Light on purpose: TensorFlow runs only in the child process, and what it found is kept beside the converted file.
Of what a file holds nothing is executed: its layers are built from a list of known ones, its weights are numbers.
"""

from __future__ import annotations

from geacc_proxy.models.conversion.converting import convert, obtain
from geacc_proxy.models.conversion.result import PRECISIONS, Conversion, Precision
from geacc_proxy.models.conversion.sources import Source, SourceKind, recognise, source_digest

__all__ = [
    "PRECISIONS",
    "Conversion",
    "Precision",
    "Source",
    "SourceKind",
    "convert",
    "obtain",
    "recognise",
    "source_digest",
]
