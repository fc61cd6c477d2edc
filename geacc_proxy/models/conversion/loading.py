"""From a source on disk to a model in TensorFlow, whatever its kind. Imports TensorFlow when a model is loaded."""

from __future__ import annotations

from pathlib import Path

from geacc_proxy.models.conversion.loaded import Loaded
from geacc_proxy.models.conversion.sources import Source, SourceKind


def load(source: Source, scratch: Path, input_size: int | None = None) -> Loaded:
    """Load a model without executing anything that its files bring.

    Args:
        source: as it was recognised.
        scratch: an existing folder for what is unpacked for the time.
        input_size: width and height, pixels, for a model that takes any size.

    Raises:
        ModelError: it cannot be read, is not safe to read, or does not judge pictures.
        OSError: there is no room in `scratch`.
    """
    where = str(source.path)
    if source.kind is SourceKind.SAVED_MODEL:
        from geacc_proxy.models.conversion.saved_model import load_saved_model

        return load_saved_model(source.folder, input_size, where)
    if source.kind is SourceKind.TIMM:
        from geacc_proxy.models.conversion.timm import load_timm

        return load_timm(source, where)
    from geacc_proxy.models.conversion.describing import loaded_keras
    from geacc_proxy.models.conversion.keras_models import from_hdf5, from_keras, from_tfjs

    if source.kind is SourceKind.HDF5:
        model = from_hdf5(source.path)
    elif source.kind is SourceKind.KERAS:
        model = from_keras(source.path, scratch)
    else:
        model = from_tfjs(source.main)
    return loaded_keras(model, input_size, where)
