"""`geacc-proxy train`: a classifier from labelled folders, by Geacc's recipe."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def train(
    context: typer.Context,
    out: Annotated[Path, typer.Option("--out", help="Run folder: new or empty, or with --resume that of a run.")],
    data: Annotated[
        Path | None, typer.Argument(help="Folder with one folder of pictures a class, such as benign and malign.")
    ] = None,
    validation: Annotated[
        Path | None, typer.Option(help="Folder with the same classes to validate on, instead of --split.")
    ] = None,
    split: Annotated[float, typer.Option(help="Share of DATA to validate on.")] = 0.2,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with the run in --out; DATA and options are those it began with.")
    ] = False,
    backbone: Annotated[
        str,
        typer.Option(
            help="mobilenet_v2, mobilenet_v3_small, mobilenet_v3_large, efficientnet_b0 to _b7, inception_v3."
        ),
    ] = "mobilenet_v2",
    alpha: Annotated[float, typer.Option(help="Width of a MobileNet.")] = 1.0,
    input_size: Annotated[int, typer.Option(help="Side of the input, pixels; 0 for the backbone's own.")] = 0,
    weights: Annotated[
        str, typer.Option(help="Initial weights: imagenet, default (the embedded model's), none, or a file.")
    ] = "imagenet",
    unfrozen: Annotated[
        str,
        typer.Option(
            help="Layers at the top of the backbone to train, or all.", show_default="30; all without weights"
        ),
    ] = "",
    learning_rate: Annotated[float, typer.Option(help="Adam's.")] = 4e-5,
    batch_size: Annotated[int, typer.Option(help="Pictures a step.")] = 128,
    epochs: Annotated[int, typer.Option(help="At most.")] = 60,
    patience: Annotated[int, typer.Option(help="Epochs without a better validation loss before training stops.")] = 10,
    min_delta: Annotated[float, typer.Option(help="By how much a loss must be lower to be better.")] = 0.01,
    rotation: Annotated[float, typer.Option(help="Turn training pictures by up to so many degrees.")] = 23.0,
    shift: Annotated[float, typer.Option(help="Move them by up to this share of a side.")] = 0.2,
    flips: Annotated[bool, typer.Option("--flips/--no-flips", help="Mirror half of them.")] = True,
    class_weights: Annotated[str, typer.Option(help="none or balanced.")] = "none",
    malign: Annotated[
        str | None,
        typer.Option(
            help="Classes that are malign, with commas.", show_default="all but benign, neutral, drawing, safe, sfw"
        ),
    ] = None,
    precision: Annotated[
        str, typer.Option(help="auto (mixed on a GPU with tensor cores), float32 or mixed_float16.")
    ] = "auto",
    resize: Annotated[
        str, typer.Option(help="Filter: nearest, box, bilinear, hamming, bicubic or lanczos.")
    ] = "lanczos",
    cache: Annotated[str, typer.Option(help="Decoded pictures: auto, memory, disk or none.")] = "auto",
    seed: Annotated[int, typer.Option(help="The same seed and pictures give the same run.")] = 0,
    name: Annotated[str, typer.Option(help="Of the model, on its card.", show_default="the run folder's name")] = "",
    licence: Annotated[str, typer.Option(help="SPDX name of the trained weights' licence.")] = "NOASSERTION",
) -> int:
    """Train a classifier; the defaults are Geacc's recipe.

    Files that are no pictures are named on standard error and left out. Ctrl-C ends a run at any moment; --resume goes
    on with it after its last finished epoch, to the same result.
    """
    from geacc_proxy.lab.training.options import Options
    from geacc_proxy.lab.training.progress import Teller
    from geacc_proxy.lab.training.run import Order
    from geacc_proxy.lab.training.run import train as run

    options = Options(
        backbone=backbone,
        alpha=alpha,
        input_size=input_size,
        weights=_weights(weights),
        unfrozen=_unfrozen(unfrozen, weights),
        learning_rate=learning_rate,
        batch_size=batch_size,
        epochs=epochs,
        rotation=rotation,
        shift=shift,
        flips=flips,
        patience=patience,
        min_delta=min_delta,
        class_weights=class_weights,
        precision=precision,
        resize=resize,
        split=split,
        seed=seed,
        malign=None if malign is None else tuple(word.strip() for word in malign.split(",") if word.strip()),
        cache=cache,
        name=name,
        licence=licence,
    )
    run(Order(out, data, validation, resume, options, _given(context)), Teller())
    return 0


def _weights(text: str) -> str:
    """A word as it is, a file by its whole path: a run may be resumed from elsewhere."""
    from geacc_proxy.lab.training.options import DEFAULT, IMAGENET, NO_WEIGHTS

    return text if text in (DEFAULT, IMAGENET, NO_WEIGHTS, "") else str(Path(text).expanduser().absolute())


def _unfrozen(text: str, weights: str) -> int:
    from geacc_proxy.exceptions import UsageError
    from geacc_proxy.lab.training.options import ALL_LAYERS, NO_WEIGHTS, Options

    if not text:
        return ALL_LAYERS if weights == NO_WEIGHTS else Options().unfrozen
    if text == "all":
        return ALL_LAYERS
    if not (text.isascii() and text.isdigit()):
        raise UsageError(f"--unfrozen {text} is wrong; it must be a whole number or all")
    return int(text)


def _given(context: typer.Context) -> frozenset[str]:
    """Names of the options on the command line that are fields of `Options`."""
    from dataclasses import fields

    from geacc_proxy.lab.training.options import Options

    names = {field.name for field in fields(Options)} & context.params.keys()
    return frozenset(name for name in names if context.get_parameter_source(name).name == "COMMANDLINE")  # type: ignore[union-attr]
