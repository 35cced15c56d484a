"""What a user did wrong is told in one sentence, before anything is trained."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from rbench.benchmark.grid import plan as plans
from rbench.benchmark.grid import resolve
from rbench.benchmark.grid.request import Request
from rbench.benchmark.run.session import Session
from rbench.core.errors import UserError

QUICK: dict[str, dict[str, object]] = {
    "checkerboard": {"users": 60},
    "tallrec": {"samples": 40, "epochs": 1},
}


def execute(tmp_path: Path, **changes: Any) -> Any:
    asked: dict[str, Any] = {"attacks": ("badrec",), "models": ("tallrec",), "datasets": ("checkerboard",)}
    request = Request(**{**asked, "seeds": (0,), "file": QUICK, **changes})
    plan = plans.build(resolve.build(request))
    return Session(str(tmp_path / "store"), "serial", display="none").execute(plan, tmp_path / "out")


def log_folder(folder: Path, header: str, row: str) -> str:
    folder.mkdir()
    rows = [row.format(user=u, item=i, time=100 * u + i) for u in range(5) for i in range(10, 50)]
    (folder / "log.csv").write_text("\n".join([header, *rows]) + "\n")
    return str(folder)


def test_data_without_titles(tmp_path: Path) -> None:
    source = log_folder(tmp_path / "shop", "user_id,item_id,timestamp", "{user},{item},{time}")
    with pytest.raises(UserError, match=r"data set shop has no titles.*--set shop\.title=COLUMN"):
        execute(tmp_path, datasets=(source,))


def test_data_without_ratings(tmp_path: Path) -> None:
    source = log_folder(tmp_path / "shop", "user_id,item_id,timestamp,name", "{user},{item},{time},t{item}")
    (tmp_path / "shop" / "rbench.toml").write_text('title = "name"\n')
    with pytest.raises(UserError, match=r"does not say what users liked.*--set shop\.rating=COLUMN"):
        execute(tmp_path, datasets=(source,), models=("tallrec-yesno",), file={})


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"attacks": ("badrec:trigger= ",)}, "trigger is empty"),
        ({"attacks": ("badrec:titles=everywhere",)}, "choose prompts, catalogue"),
        ({"attacks": ("badrec:rate=1",)}, r"badrec\.rate=1"),
        ({"attacks": ("badrec:items=0",)}, r"badrec\.items=0"),
        ({"models": ("tallrec:width=30",)}, "width=30 is not a multiple of heads=4"),
        ({"models": ("tallrec:model=/nowhere",)}, r"no config\.json|need transformers"),
        ({"models": ("sasrec",)}, "works in the scenario pretrained"),
        ({"defenses": ("kmeans",)}, "works in the scenario pretrained"),
        ({"modes": ("ft",)}, "has only direct"),
    ],
)
def test_options_that_make_no_sense(tmp_path: Path, changes: dict[str, Any], told: str) -> None:
    with pytest.raises(UserError, match=told) as error:
        execute(tmp_path, **changes)
    assert "\n" not in str(error.value)


def test_own_and_trusted_items_must_fit(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"items=0\.5 of the attack and language\.trusted=0\.9"):
        execute(tmp_path, attacks=("badrec:items=0.5",), file={**QUICK, "language": {"trusted": 0.9}})
