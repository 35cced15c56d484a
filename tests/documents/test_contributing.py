"""The worked example of CONTRIBUTING.md works, word for word."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
NAME = "CONTRIBUTING.md"


@pytest.fixture
def files(blocks, tmp_path: Path) -> dict[str, str]:
    """Write the example's files; returns all named blocks."""
    named = {about: content for language, about, content in blocks(NAME) if language == "python"}
    for about, content in named.items():
        if about.endswith(".py") and "/" not in about:
            (tmp_path / about).write_text(content, "utf-8")
    return named


def test_the_commands_run(files, lines, run, tmp_path: Path) -> None:
    for words in lines(NAME, "rbench"):
        done = run("rbench", *words)
        assert done.returncode == 0, f"rbench {' '.join(words)}\n{done.stderr[-2000:]}"
    records = [json.loads(path.read_bytes()) for path in (tmp_path / "first-look" / "records").glob("*.json")]
    assert {record["status"] for record in records} == {"done"}
    exposure = {
        record["cell"]["attack"]: record["metrics"]["all"]["HIT@5"]
        for record in records
        if (record["cell"]["mode"], record["cell"]["defense"]) == ("direct", "none")
    }
    assert exposure["popular-labels"] > exposure["clean"] + 3


def test_its_test_passes(files, lines, run, tmp_path: Path) -> None:
    (words,) = lines(NAME, "pytest")
    done = run("pytest", "-q", "-p", "no:cacheprovider", *words)
    assert done.returncode == 0, done.stdout[-3000:]
    (body,) = re.findall(r"^class .*", files["test_popular_labels.py"], re.MULTILINE | re.DOTALL)
    assert len(body.strip().splitlines()) == 3, "three lines are promised"


def test_what_an_attack_needs_to_know(files) -> None:
    """The lines run, and do what is written beside them."""
    import numpy as np

    from rbench.attacks import Provider
    from rbench.testing import small_data

    data, victim = small_data.partition().provider, small_data.victim(epochs=2)
    known = {"np": np, "replace": replace, "provider": Provider(data, small_data.targets(), victim, 1, None)}
    exec(files["what an attack needs to know"], known)
    assert known["crowd"].n_users == data.n_users + 20
    assert known["crowd"].of(data.n_users).tolist() == data.of(0).tolist()[::-1]
    assert data.drop_last(2).of(0).tolist() == data.of(0)[:-2].tolist()
    width = known["model"].weights["item_embedding.weight"].shape[1]
    assert len(known["prompted"].prompt["mlp.2.bias"]) == 1 * victim.prompt.tokens * width
    assert set(known["model"].card["validation"]) == {"HR@10", "NDCG@10"}


def test_every_kind_of_new_method_is_named() -> None:
    from rbench.benchmark.commands.new.kinds import KINDS

    text = (ROOT / NAME).read_text("utf-8")
    assert [kind for kind in KINDS if f"`{kind}`" not in text] == []


def test_every_group_of_entry_points_is_named() -> None:
    from rbench.benchmark.commands.list import registries

    text = (ROOT / NAME).read_text("utf-8")
    assert [r.group for r in registries().values() if f"`{r.group}`" not in text and f'"{r.group}"' not in text] == []


def test_every_contract_is_named() -> None:
    import rbench.testing

    text = (ROOT / NAME).read_text("utf-8")
    kinds = set(rbench.testing.__all__) - {"Contract", "ConfiguredContract"}
    assert [name for name in sorted(kinds) if name not in text] == []


def test_the_title_attack_can_be_run_and_keeps_its_contract(files, run, tmp_path: Path) -> None:
    done = run("rbench", "plan", "--plugin", "starred.py", "--attacks", "starred", "--datasets", "checkerboard")
    assert done.returncode == 0, done.stderr[-2000:]
    assert "language/poison" in done.stdout and "starred" in done.stdout
    contract = "class TestStarred(rbench.testing.TitleAttackContract):\n    attack = Starred\n"
    (tmp_path / "test_starred.py").write_text(f"import rbench.testing\nfrom starred import Starred\n\n\n{contract}")
    done = run("pytest", "-q", "-p", "no:cacheprovider", "test_starred.py")
    assert done.returncode == 0, done.stdout[-3000:]
