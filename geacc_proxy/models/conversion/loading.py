"""From a source on disk to a model in TensorFlow, whatever its kind. Imports TensorFlow when a model is loaded."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from geacc_proxy.models.conversion.hdf5 import check_weights_file, read_hdf5
from geacc_proxy.models.conversion.keras_file import read_keras
from geacc_proxy.models.conversion.sources import Source, SourceKind
from geacc_proxy.models.conversion.tfjs import read_tfjs
from geacc_proxy.models.conversion.topology import modernise

if TYPE_CHECKING:
    from geacc_proxy.models.conversion.loaded import Loaded


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
    model = _keras_model(source, scratch, where)
    from geacc_proxy.models.conversion.describing import loaded_keras

    return loaded_keras(model, input_size, where)


def _keras_model(source: Source, scratch: Path, where: str) -> Any:
    """Read files and look at descriptions first; what is refused there never meets Keras, nor waits for its import."""
    if source.kind is SourceKind.HDF5:
        kept = read_hdf5(source.main)
        topology = modernise(kept.document, kept.version, where)
        from geacc_proxy.models.conversion.keras_models import from_groups

        return from_groups(topology, kept.groups, where)
    if source.kind is SourceKind.TFJS:
        script = read_tfjs(source.main)
        topology = modernise(script.document, script.version, where)
        from geacc_proxy.models.conversion.keras_models import from_list

        return from_list(topology, script.weights, where)
    document, version, weights = read_keras(source.main, scratch)
    try:
        topology = modernise(document, version, where)
        check_weights_file(weights, where)
        from geacc_proxy.models.conversion.keras_models import from_weights_file

        return from_weights_file(topology, weights, where)
    finally:
        weights.unlink(missing_ok=True)
