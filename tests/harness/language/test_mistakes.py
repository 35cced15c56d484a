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
        ({"attacks": ("badrec:trigger= ",)}, "badrec: trigger is empty"),
        ({"attacks": ("trigger-only:trigger=",)}, "trigger-only: trigger is empty"),
        ({"attacks": ("badrec:trigger=a\x07b",)}, r"trigger holds the control character U\+0007"),
        ({"attacks": ("badrec:trigger=" + "x" * 201,)}, "trigger has 201 characters; 200 are allowed"),
        ({"attacks": ("addsent:sentence=",)}, "addsent: sentence is empty"),
        ({"attacks": ("badnets:words=cf+",)}, "one of the words is empty"),
        ({"attacks": ("badrec:rate=-0.1",)}, r"badrec\.rate=-0\.1 must be at least 0"),
        ({"attacks": ("badrec:titles=everywhere",)}, "choose prompts, catalogue"),
        ({"attacks": ("badrec:rate=1",)}, r"badrec\.rate=1"),
        ({"attacks": ("badrec:items=0",)}, r"badrec\.items=0"),
        ({"models": ("tallrec:width=30",)}, "width=30 is not a multiple of heads=4"),
        ({"models": ("tallrec:vocabulary=10",)}, r"vocabulary=10 must be at least 256"),
        ({"models": ("tallrec:model=/nowhere",)}, r"there is no folder /nowhere|need transformers"),
        ({"models": ("sasrec",)}, "works in the scenario pretrained"),
        ({"defenses": ("kmeans",)}, "works in the scenario pretrained"),
        ({"modes": ("ft",)}, "has only direct"),
    ],
)
def test_options_that_make_no_sense(tmp_path: Path, changes: dict[str, Any], told: str) -> None:
    with pytest.raises(UserError, match=told) as error:
        execute(tmp_path, **changes)
    assert "\n" not in str(error.value)


def computed(tmp_path: Path, kind: str) -> list[Path]:
    return [path for path in (tmp_path / "store").rglob(f"language.{kind}-*") if path.is_dir()]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"attacks": ("badrec", "push:rate=0.001")}, r"badrec\.rate=0\.01 of 40 training samples is no fake user"),
        (
            {"defenses": ("ngram",), "attacks": ("badrec:rate=0.1",), "file": {**QUICK, "language": {"trusted": 0.01}}},
            "the titles of 1 of 80 items are trusted, and ngram needs two",
        ),
    ],
)
def test_what_only_data_show_is_told_before_anything_is_trained(
    tmp_path: Path, changes: dict[str, Any], told: str
) -> None:
    with pytest.raises(UserError, match=told) as error:
        execute(tmp_path, **changes)
    assert "\n" not in str(error.value)
    assert computed(tmp_path, "lists") and not computed(tmp_path, "train")


def test_a_grid_in_which_everything_fails_is_told_as_such(rbench: Any, tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text(BROKEN)
    words = ("--plugin", "broken.py", "--models", "broken", "--attacks", "clean", "--set", "checkerboard.users=60")
    done = rbench("run", *words, "--datasets", "checkerboard", "--defenses", "none", "--seeds", 1, "--out", "out")
    assert done.code == 1 and "0 cells done, 1 failed" in done.out and "RuntimeError: no memory" in done.out + done.err


BROKEN = """
from rbench.models import register
from rbench.models.text import TextModel
from rbench.models.text.common.config import TextConfig

@register
class Broken(TextModel[TextConfig]):
    name, task, paper = "broken", "choose", "none"

    @classmethod
    def victim(cls, config, embeddings, device):
        raise RuntimeError("no memory")
"""


def test_own_and_trusted_items_must_fit(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"items=0\.5 of the attack and language\.trusted=0\.9"):
        execute(tmp_path, attacks=("badrec:items=0.5",), file={**QUICK, "language": {"trusted": 0.9}})
