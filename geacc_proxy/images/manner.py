"""How a hidden picture may be shown, never as it is."""

from enum import StrEnum


class Manner(StrEnum):
    """The ways."""

    BLUR = "blur"
    PIXELATE = "pixelate"
    THUMBNAIL = "thumbnail"
    """Shrunken and blurred, for the block log."""
    CLEARER = "clearer"
    """As THUMBNAIL, a little less so."""
