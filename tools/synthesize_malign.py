"""Make harmless stand-ins for malign pictures: abstract noise that models take for malign, and that depicts nothing.

    uv run --extra tensorflow python tools/synthesize_malign.py MODEL… [--out DIR] [--size 256] [--count 3] [--seed 7]

The test pictures, tests/data/malign-synthetic-*.png, must be renewed when the embedded model changes. A MODEL is what
`geacc-proxy --model` takes, as long as it has gradients: Keras files, SavedModel, TensorFlow.js and timm folders; not
.tflite and .onnx, but what those were made of.

Gradient ascent from smooth coloured noise, and from nothing else: no picture can be given. It raises the least malign
score of all models, over what happens to pictures on their way: JPEG at quality 80, WebP at 75, decoding at half the
size (as the proxy does it for JPEG), every resize filter, small shifts. The picture has no detail finer than two
pixels, which would not survive that. What compressing and rounding do has no gradient; it is taken for the identity
("straight-through", Bengio et al. 2013, arXiv:1308.3432).

Written to `--out`: the pictures as PNG, and malign-synthetic.json with the score of each model for each picture as it
is and after each of those treatments, through the engine and the preparation that the proxy uses. Exit code 1 if a
score is below `--target`.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from geacc_proxy.exceptions import GeaccError, ModelError, UsageError
from geacc_proxy.lab.training.runtime import quiet
from geacc_proxy.models.card import RESIZES
from geacc_proxy.models.conversion import recognise
from geacc_proxy.models.conversion.process import require_tensorflow
from geacc_proxy.models.engines import load_engine
from geacc_proxy.models.opening import RUNNABLE_ENDINGS
from geacc_proxy.models.registry import InstalledModel, find

if TYPE_CHECKING:
    from geacc_proxy.models.card import ModelCard
    from geacc_proxy.models.conversion.loaded import Loaded
    from geacc_proxy.models.engines import Engine

STEM = "malign-synthetic"
TREATMENTS = ("png", "jpeg80", "webp75", "draft")
"""What a picture may go through before it is resized: nothing, two encoders, a JPEG decoded at half its size."""

SMALLEST, LARGEST = 64, 1024
COARSEST = 4
FINEST = 2
"""Width and height, pixels, of the largest and the smallest blots of colour."""

LEARNING_RATE = 0.06
VARIANTS = 4
"""Treatments by chance at each step; the picture as it is comes on top."""

LARGEST_SHIFT = 0.06
STEPS_BETWEEN_LOOKS = 10
_CERTAIN = 1e-6

Pixels = NDArray[np.uint8]
Scores = dict[str, dict[str, float]]


class Judge:
    """A model that is to be convinced: once with gradients, once as the proxy runs it.

    Attributes:
        card: the model's.
        path: as it was given.
    """

    def __init__(self, path: Path, scratch: Path) -> None:
        """Load it.

        Raises:
            GeaccError: it is no model, has no gradients, or nothing tells what its answers mean.
        """
        import tensorflow as tf

        from geacc_proxy.models.conversion.loading import load

        if path.suffix.lower() in RUNNABLE_ENDINGS:
            raise ModelError(f"model {path}: {path.suffix} files have no gradients; give the model it was made of")
        installed = find(str(path), scratch)
        self.path = path
        self.card: ModelCard = installed.card
        self._malign = [self.card.labels.index(label) for label in self.card.malign_labels]
        self._engine: Engine = load_engine(InstalledModel(installed.card, installed.path))
        self._loaded: Loaded = load(recognise(path), scratch, self.card.input_size)
        self.doubt = tf.function(self._doubt, autograph=False)
        """How far pictures are from certainly malign; see `_doubt`."""

    def _doubt(self, pictures: Any) -> Any:
        """How far each picture is from certainly malign: -log of its malign score, natural.

        Args:
            pictures: float32 tensor (n, size, size, 3), RGB, 0…1.

        Returns:
            float32 tensor (n,), at least 0.
        """
        import tensorflow as tf

        low, high = self.card.value_range
        values = low + pictures * (high - low)
        if self.card.colour_order == "BGR":
            values = values[..., ::-1]
        values = (values - tf.constant(self.card.mean)) / tf.constant(self.card.std)
        if self.card.layout == "NCHW":
            values = tf.transpose(values, (0, 3, 1, 2))
        raw = self._loaded.function(values)
        match self.card.outputs:
            case "logits":
                shares = tf.nn.log_softmax(raw)
                return -tf.reduce_logsumexp(tf.gather(shares, self._malign, axis=1), axis=1)
            case "sigmoid":
                raw = tf.concat([1 - raw, raw], axis=1)
        # A score of exactly 0 has no gradient that would lead away from it.
        return -tf.math.log(tf.reduce_sum(tf.gather(raw, self._malign, axis=1), axis=1) + 1e-30)

    def score(self, picture: Pixels) -> dict[str, float]:
        """Malign score of a picture after every treatment and by every resize filter, as the proxy would find it.

        Args:
            picture: uint8 (height, width, 3), RGB.
        """
        size = self.card.input_size
        names, frames = [], []
        for treatment in TREATMENTS:
            treated = treat(picture, treatment, size)
            for resize in RESIZES:
                names.append(f"{treatment} {resize}")
                image = Image.fromarray(treated).resize((size, size), Image.Resampling[resize.upper()])
                frames.append(np.asarray(image))
        malign = self._engine.predict(np.stack(frames))[:, self._malign].sum(axis=1)
        return {name: round(min(1.0, float(score)), 6) for name, score in zip(names, malign, strict=True)}


@dataclass(frozen=True, slots=True)
class Made:
    """A picture and what the models say of it.

    Attributes:
        pixels: uint8 (size, size, 3), RGB.
        scores: by model and treatment.
        steps: that it took.
    """

    pixels: Pixels
    scores: Scores
    steps: int

    @property
    def least(self) -> float:
        """The lowest of all scores."""
        return least_of(self.scores)


def least_of(scores: Scores) -> float:
    """The lowest score of any model after any treatment."""
    return min(score for by_treatment in scores.values() for score in by_treatment.values())


def treat(picture: Pixels, treatment: str, input_size: int) -> Pixels:
    """What comes out at the other end when a picture goes through one of `TREATMENTS`.

    Args:
        picture: uint8 (height, width, 3), RGB.
        treatment: `draft` is what a page would have of a larger picture: enlarged to twice what the model takes, as
            JPEG, and decoded at half that size.
        input_size: the model's, pixels.

    Returns:
        uint8 (height, width, 3), of another size for `draft`.
    """
    image = Image.fromarray(picture)
    file = io.BytesIO()
    match treatment:
        case "png":
            return picture
        case "jpeg80":
            image.save(file, "JPEG", quality=80)
        case "webp75":
            image.save(file, "WEBP", quality=75)
        case "draft":
            image.resize((2 * input_size, 2 * input_size), Image.Resampling.BICUBIC).save(file, "JPEG", quality=80)
        case _:
            raise ValueError(f"no treatment {treatment!r}")
    with Image.open(file) as decoded:
        if treatment == "draft":
            decoded.draft("RGB", (input_size, input_size))
        return np.asarray(decoded.convert("RGB"))


class Ascent:
    """One picture on its way up."""

    def __init__(self, judges: Sequence[Judge], size: int, seed: int) -> None:
        """Begin with noise.

        Args:
            judges: whom to convince.
            size: width and height, pixels.
            seed: of all chance.
        """
        import tensorflow as tf

        self._judges = judges
        self._size = size
        self._chance = np.random.default_rng(seed)
        edges = []
        edge = COARSEST
        while edge <= size // FINEST:
            edges.append(edge)
            edge *= 2
        # The coarser, the stronger: what is seen first is smooth colour.
        self._layers = [
            tf.Variable(self._chance.normal(0.0, 1.2 / (1 + index), (1, edge, edge, 3)).astype(np.float32))
            for index, edge in enumerate(edges)
        ]
        self._averages: list[tuple[Any, Any]] = [(tf.zeros_like(one), tf.zeros_like(one)) for one in self._layers]
        self._step = 0

    def step(self) -> None:
        """Go up a little, by Adam (Kingma and Ba 2015, arXiv:1412.6980)."""
        import tensorflow as tf

        with tf.GradientTape() as tape:
            image = self._image()
            doubts = tf.concat([judge.doubt(self._seen_by(judge, image)) for judge in self._judges], axis=0)
            # The worst counts most, and the others keep it from going astray.
            loss = tf.reduce_max(doubts) + tf.reduce_mean(doubts)
        slopes = tape.gradient(loss, self._layers)
        if any(slope is None for slope in slopes):
            raise ModelError("no model's score depends on the picture in a way that has a gradient")
        self._step += 1
        first, second = 0.9, 0.99
        for at, (layer, slope) in enumerate(zip(self._layers, slopes, strict=True)):
            mean, square = self._averages[at]
            mean, square = first * mean + (1 - first) * slope, second * square + (1 - second) * slope**2
            self._averages[at] = mean, square
            mean, square = mean / (1 - first**self._step), square / (1 - second**self._step)
            layer.assign_sub(LEARNING_RATE * mean / (tf.sqrt(square) + 1e-12))

    def pixels(self) -> Pixels:
        """The picture as it is: uint8 (size, size, 3), RGB."""
        return as_bytes(self._image()[0].numpy())

    def _image(self) -> Any:
        """float32 (1, size, size, 3), 0…1."""
        import tensorflow as tf

        layers = [tf.image.resize(layer, (self._size, self._size), "bicubic") for layer in self._layers]
        return tf.sigmoid(tf.add_n(layers))

    def _seen_by(self, judge: Judge, image: Any) -> Any:
        """The picture as it is and as it may arrive: float32 (1 + VARIANTS, input, input, 3), 0…1."""
        import tensorflow as tf

        size = judge.card.input_size
        seen = [self._resized(image, size, judge.card.resize)]
        for _ in range(VARIANTS):
            treated = straight_through(image, str(self._chance.choice(TREATMENTS)), size)
            seen.append(self._resized(self._shifted(treated), size, str(self._chance.choice(RESIZES))))
        together = tf.concat(seen, axis=0)
        return together + tf.stop_gradient(tf.round(together * 255) / 255 - together)

    def _shifted(self, image: Any) -> Any:
        """All but a strip at two edges."""
        height, width = image.shape[1:3]
        top, bottom, left, right = self._chance.uniform(0, LARGEST_SHIFT / 2, 4)
        return image[
            :, int(top * height) : height - int(bottom * height), int(left * width) : width - int(right * width)
        ]

    def _resized(self, image: Any, size: int, resize: str) -> Any:
        import tensorflow as tf

        # TensorFlow's box has no gradient, and it knows no Hamming window; between nearest and bilinear lie both.
        method = {"box": "bilinear", "hamming": "bilinear", "lanczos": "lanczos3"}.get(resize, resize)
        return tf.clip_by_value(tf.image.resize(image, (size, size), method, antialias=True), 0.0, 1.0)


def straight_through(image: Any, treatment: str, input_size: int) -> Any:
    """A treated picture whose gradient is that of the untreated one.

    Args:
        image: float32 tensor (1, height, width, 3), 0…1.
        treatment: one of `TREATMENTS`.
        input_size: the model's, pixels.
    """
    import tensorflow as tf

    if treatment == "png":
        return image
    treated = treat(as_bytes(image[0].numpy()), treatment, input_size).astype(np.float32)[np.newaxis] / 255
    if treated.shape != tuple(image.shape):
        image = tf.image.resize(image, treated.shape[1:3], "bilinear", antialias=True)
    return image + tf.stop_gradient(tf.constant(treated) - image)


def as_bytes(picture: NDArray[np.float32]) -> Pixels:
    """0…1 as 0…255."""
    return np.clip(np.rint(picture * 255), 0, 255).astype(np.uint8)


def make(judges: Sequence[Judge], size: int, seed: int, steps: int, target: float) -> Made:
    """Make one picture; stop as soon as every score reaches `target`."""
    ascent = Ascent(judges, size, seed)
    best: Made | None = None
    for done in range(steps + 1):
        if done % STEPS_BETWEEN_LOOKS == 0 or done == steps:
            pixels = ascent.pixels()
            made = Made(pixels, {judge.card.identity: judge.score(pixels) for judge in judges}, done)
            if best is None or made.least > best.least:
                best = made
            print(f"  step {done}: least malign score {made.least:.4f}", flush=True)
            if best.least >= target:
                break
        ascent.step()
    assert best is not None
    return best


def write(out: Path, judges: Sequence[Judge], pictures: Sequence[tuple[int, Made]], size: int) -> None:
    """Write the pictures and what was found of them.

    Raises:
        GeaccError: they cannot be written.
    """
    report: dict[str, Any] = {
        "made_by": "tools/synthesize_malign.py: abstract noise by gradient ascent; nothing is depicted",
        "size": size,
        "models": {judge.card.identity: judge.card.sha256 for judge in judges},
        "pictures": [],
    }
    try:
        out.mkdir(parents=True, exist_ok=True)
        for number, (seed, made) in enumerate(pictures, 1):
            path = out / f"{STEM}-{number}.png"
            Image.fromarray(made.pixels).save(path, optimize=True)
            report["pictures"].append(
                {
                    "file": path.name,
                    "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
                    "seed": seed,
                    "steps": made.steps,
                    "least": made.least,
                    "scores": made.scores,
                }
            )
        (out / f"{STEM}.json").write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    except OSError as error:
        raise GeaccError(f"cannot write to {out}: {error.strerror or error}") from error


@contextmanager
def loaded(paths: Sequence[Path]) -> Iterator[list[Judge]]:
    """The models, as long as the block lasts."""
    require_tensorflow("making pictures by gradient ascent")
    with tempfile.TemporaryDirectory(prefix="geacc-synthesize-") as scratch:
        with quiet():
            judges = [Judge(path, Path(scratch)) for path in paths]
        if len({judge.card.identity for judge in judges}) < len(judges):
            raise UsageError("two of the models have the same name and version")
        yield judges


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line.

    Raises:
        UsageError: a number is out of its range.
    """
    parser = argparse.ArgumentParser(description="Make harmless stand-ins that models take for malign pictures.")
    parser.add_argument("models", nargs="+", type=Path, metavar="MODEL", help="a Keras file, or a folder of a model")
    parser.add_argument("--out", type=Path, default=Path(STEM), metavar="DIR", help="where pictures and scores go")
    parser.add_argument("--size", type=int, default=256, help="width and height, pixels")
    parser.add_argument("--count", type=int, default=3, help="how many pictures")
    parser.add_argument("--seed", type=int, default=7, help="of the first picture; the next one has the next")
    parser.add_argument("--steps", type=int, default=400, help="of one picture at most")
    parser.add_argument("--target", type=float, default=0.98, help="least malign score that is good enough")
    options = parser.parse_args(arguments)
    for name, low, high in (
        ("size", SMALLEST, LARGEST),
        ("count", 1, 100),
        ("seed", 0, 2**31),
        ("steps", 1, 100_000),
        ("target", 0.0, 1 - _CERTAIN),
    ):
        value = getattr(options, name)
        if not low <= value <= high:
            raise UsageError(f"--{name} {value}: it takes {low:g} to {high:g}")
    return options


def run(arguments: Sequence[str] | None = None) -> int:
    """Make the pictures; 1 if one of them does not convince.

    Raises:
        GeaccError: a model cannot be loaded, or the pictures not written.
    """
    options = parse(arguments)
    pictures = []
    with loaded(options.models) as judges:
        for number in range(options.count):
            seed = options.seed + number
            print(f"{STEM}-{number + 1}.png (seed {seed})", flush=True)
            pictures.append((seed, make(judges, options.size, seed, options.steps, options.target)))
        write(options.out, judges, pictures, options.size)
    weakest = min(made.least for _, made in pictures)
    if weakest < options.target:
        print(f"least malign score {weakest:.4f}, below {options.target:g}; more --steps may help", file=sys.stderr)
        return 1
    print(f"{len(pictures)} pictures in {options.out}, every score at least {weakest:.4f}")
    return 0


def main() -> None:
    """Run as a program."""
    try:
        sys.exit(run())
    except GeaccError as error:
        print(f"{Path(__file__).name}: {error}", file=sys.stderr)
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
