"""Which pictures train and which validate."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from typing import TYPE_CHECKING

from geacc_proxy.exceptions import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence


def split(labels: Sequence[str], digests: Sequence[str], share: float, seed: int) -> tuple[list[int], list[int]]:
    """Part pictures in two, class by class, by their content: copies of a picture end up on the same side.

    Args:
        labels: the class of each picture.
        digests: of each picture's bytes.
        share: of each class that validates, 0…1; of every class one picture at least is on each side.
        seed: another one parts them otherwise.

    Returns:
        The places of those that train and of those that validate, in rising order.

    Raises:
        UsageError: a class has no two different pictures.
    """
    classes: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    for place, (label, digest) in enumerate(zip(labels, digests, strict=True)):
        classes[label][digest].append(place)
    training: list[int] = []
    validating: list[int] = []
    for label, pictures in classes.items():
        if len(pictures) < 2:
            raise UsageError(
                f"the class {label!r} has only one picture that can be read; two are needed to train and to validate"
            )
        shuffled = sorted(pictures, key=lambda digest: hashlib.sha256(f"{seed} {digest}".encode()).digest())
        count = min(max(1, round(share * len(pictures))), len(pictures) - 1)
        for digest in shuffled[:count]:
            validating += pictures[digest]
        for digest in shuffled[count:]:
            training += pictures[digest]
    return sorted(training), sorted(validating)
