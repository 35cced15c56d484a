"""The comparison with references, by hand and on models of the checkerboard."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from rbench.core.config import configure
from rbench.core.errors import UserError
from rbench.defenses import Deployed, OwnModel, ReferenceModels, registry
from rbench.defenses.pretrained.common.inspection import Inspection
from rbench.defenses.pretrained.common.residuals import residual_z
from rbench.defenses.scans.references import lifts
from rbench.testing import small_data


def scan(**options: object) -> Any:
    cls: Any = registry.get("references")
    return cls(configure(cls.Config, options, "references"))


def test_each_model_is_compared_with_all_others() -> None:
    rng = np.random.default_rng(0)
    values = rng.normal(size=(5, 41))
    popularity = np.arange(41)
    values[2, 7] += 50
    found = lifts(values, popularity)
    for model in range(5):
        others = np.mean([values[k] for k in range(5) if k != model], 0)
        assert found[model] == pytest.approx(residual_z(values[model] - others, popularity)[1:].max(), rel=1e-9)
    assert found.argmax() == 2


def test_models_that_trade_places_trade_statistics() -> None:
    """The model under test is one among all: p is exact only then."""
    values, popularity = np.random.default_rng(1).normal(size=(6, 30)), np.arange(30)
    order = np.array([3, 0, 5, 1, 2, 4])
    np.testing.assert_allclose(lifts(values[order], popularity), lifts(values, popularity)[order], rtol=1e-9)


def test_the_scan_looks_at_mean_scores(platform: Callable[..., Deployed]) -> None:
    pool = small_data.given(ReferenceModels(4))
    held = replace(platform(), inputs={ReferenceModels: pool})
    found = scan(models=4).scan(held)
    models = [held.pretrained, *(own.pretrained for own in pool)]
    values = np.stack([Inspection(replace(held, pretrained=model)).own_scores for model in models])
    expected = lifts(values, held.data.drop_last(1).item_counts())
    assert (found.statistic, found.null.tolist()) == (expected[0], expected[1:].tolist())
    assert found.log == {"references": 4} and found.p == 1 / 5


def test_a_reference_under_test_is_like_the_others(platform: Callable[..., Deployed]) -> None:
    one, *pool = small_data.given(ReferenceModels(5))
    held = replace(platform(one.pretrained), inputs={ReferenceModels: tuple(pool)})
    planted = replace(platform(), inputs={ReferenceModels: tuple(pool)})
    assert isinstance(one, OwnModel)
    assert scan(models=4).scan(held).distance < scan(models=4).scan(planted).distance


def test_references_are_declared_by_the_options() -> None:
    assert scan().inputs == (ReferenceModels(9, 0.5),)
    assert scan(models=4, share=1).inputs == (ReferenceModels(4, 1.0),)
    for options in ({"models": 2}, {"share": 0}, {"share": 1.5}):
        with pytest.raises(UserError):
            scan(**options)
    with pytest.raises(ValueError, match="n must be at least 3"):
        ReferenceModels(2)
