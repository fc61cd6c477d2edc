"""A made-up two-class set: smooth gradients with circles are benign, striped noise is malign."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

SIZE = 96


def benign(random: np.random.Generator, size: int = SIZE) -> NDArray[np.uint8]:
    down, across = np.mgrid[0:size, 0:size] / size
    one, other, ground = random.random((3, 3))
    picture = (across[..., None] * one + down[..., None] * other + ground) / 3 * 255
    for _ in range(3):
        (x, y), radius = random.random(2), random.uniform(0.05, 0.3)
        picture[(across - x) ** 2 + (down - y) ** 2 < radius**2] = random.random(3) * 255
    return picture.astype(np.uint8)


def malign(random: np.random.Generator, size: int = SIZE) -> NDArray[np.uint8]:
    down, across = np.mgrid[0:size, 0:size]
    angle, frequency = random.uniform(0, np.pi), random.uniform(0.2, 1.2)
    stripes = np.sin(frequency * (np.cos(angle) * across + np.sin(angle) * down)) > 0
    noise = random.integers(0, 256, (size, size, 3))
    return (stripes[..., None] * random.random(3) * 127 + noise / 2).astype(np.uint8)


def write_set(folder: Path, count: int, seed: int, names: tuple[str, str] = ("benign", "malign")) -> Path:
    """`count` pictures of each class, PNG and JPEG by turns."""
    random = np.random.default_rng(seed)
    for name, draw in zip(names, (benign, malign), strict=True):
        (folder / name).mkdir(parents=True)
        for number in range(count):
            Image.fromarray(draw(random)).save(folder / name / f"{number:03}.{'jpg' if number % 2 else 'png'}")
    return folder
