from __future__ import annotations

from typing import Any

import pytest

from geacc_proxy.exceptions import UsageError
from geacc_proxy.lab.training.options import Options


def test_the_defaults_are_geaccs_recipe() -> None:
    options = Options().check()
    assert (options.backbone, options.size, options.weights, options.unfrozen) == ("mobilenet_v2", 224, "imagenet", 30)
    assert (options.learning_rate, options.batch_size, options.epochs) == (4e-5, 128, 60)
    assert (options.rotation, options.shift, options.flips) == (23, 0.2, True)
    assert (options.patience, options.min_delta) == (10, 0.01)
    assert options.network.value_range == (-1, 1)


@pytest.mark.parametrize(
    ("backbone", "size", "value_range"),
    [
        ("mobilenet_v3_small", 224, (0, 255)),
        ("mobilenet_v3_large", 224, (0, 255)),
        ("efficientnet_b0", 224, (0, 255)),
        ("efficientnet_b3", 300, (0, 255)),
        ("inception_v3", 299, (-1, 1)),
    ],
)
def test_each_backbone_has_its_own_size_and_range(backbone: str, size: int, value_range: tuple[int, int]) -> None:
    options = Options(backbone=backbone).check()
    assert (options.size, options.network.value_range) == (size, value_range)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"backbone": "resnet"}, "--backbone resnet is wrong; it must be one of mobilenet_v2, "),
        ({"batch_size": 0}, "--batch-size 0 is wrong"),
        ({"learning_rate": float("nan")}, "--learning-rate nan is wrong"),
        ({"unfrozen": -2}, "--unfrozen -2 is wrong"),
        ({"split": 1.0}, "--split 1.0 is wrong; it must be from 0.01 to 0.9"),
        ({"class_weights": "some"}, "--class-weights some is wrong; it must be one of none, balanced"),
        ({"input_size": 20}, "--input-size 20 is wrong; it must be at least 32 for mobilenet_v2"),
        ({"backbone": "inception_v3", "input_size": 64}, "at least 75 for inception_v3"),
        ({"backbone": "efficientnet_b0", "alpha": 0.5}, "the width of efficientnet_b0 is fixed"),
        ({"alpha": 0.6}, "one of 0.35, 0.5, 0.75, 1, 1.3, 1.4, for which there are ImageNet weights"),
        ({"weights": "default", "backbone": "inception_v3"}, "--weights default is the embedded model's backbone"),
        ({"weights": "default", "alpha": 0.5}, "--weights default is the embedded model's backbone"),
        ({"weights": ""}, "--weights  is wrong"),
        ({"name": "my model"}, "--name my model is wrong"),
        ({"licence": "two\nlines"}, "--licence"),
    ],
)
def test_a_wrong_option_is_named_with_what_would_be_right(change: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError) as caught:
        Options(**change).check()
    assert message in str(caught.value)


def test_any_width_goes_without_imagenet_weights() -> None:
    assert Options(alpha=0.6, weights="none").check().alpha == 0.6


@pytest.mark.parametrize("options", [Options(), Options(malign=("a", "b"), weights="/some/file.h5", unfrozen=-1)])
def test_what_is_written_is_read_back(options: Options) -> None:
    assert Options.read(options.written()) == options


@pytest.mark.parametrize("table", [{"unknown": 1}, {"epochs": "60"}, {"epochs": True}])
def test_a_damaged_record_is_refused(table: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="options"):
        Options.read(table)
