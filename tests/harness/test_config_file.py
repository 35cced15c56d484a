"""A grid in a file is the grid by flags."""

from __future__ import annotations

import pytest

FILE = """
[grid]
attacks = ["bra", "pea:suppress=0"]
modes = ["direct", "pt"]
datasets = "checkerboard"
defenses = ["kmeans"]
seeds = [0, 4]
preset = "paper"
quick = true

[checkerboard]
users = 60
items = 24
longest = 10

[train]
lr = 0.01
metric = "HR@10"

[bra]
rate = 0.25
redraw = false
"""
FLAGS = [
    *("--attacks", "bra,pea:suppress=0", "--modes", "direct,pt", "--datasets", "checkerboard", "--defenses", "kmeans"),
    *("--seeds", "0,4", "--preset", "paper", "--quick"),
    *("--set", "checkerboard.users=60", "--set", "checkerboard.items=24", "--set", "checkerboard.longest=10"),
    *("--set", "train.lr=0.01", "--set", "train.metric=HR@10", "--set", "bra.rate=0.25", "--set", "bra.redraw=false"),
]


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "grid.toml"
    path.write_text(FILE)
    return path


def ids(done):
    assert done.code == 0, done.err
    return done.out


def test_the_same_grid_by_file_and_by_flags(rbench, file):
    by_file = ids(rbench("plan", "-v", "--config", file))
    assert by_file == ids(rbench("plan", "-v", *FLAGS))
    assert by_file.count("pretrain-bra-") == 2 and by_file.count("pretrain-pea-") == 2


@pytest.mark.parametrize(
    ("flags", "replaced"),
    [
        (["--seeds", "4"], ("seeds = [0, 4]", "seeds = 4")),
        (["--attacks", "bra"], ('["bra", "pea:suppress=0"]', '["bra"]')),
        (["--preset", "default"], ('"paper"', '"default"')),
        (["--set", "bra.rate=0.5"], ("rate = 0.25", "rate = 0.5")),
        (["--set", "train.lr=0.02"], ("lr = 0.01", "lr = 0.02")),
    ],
    ids=lambda value: value[0],
)
def test_flags_stand_over_the_file(rbench, file, flags, replaced):
    mixed = ids(rbench("plan", "-v", "--config", file, *flags))
    plain = ids(rbench("plan", "-v", "--config", file))
    file.write_text(FILE.replace(*replaced))
    assert ids(rbench("plan", "-v", "--config", file)) == mixed != plain


def test_a_file_may_speak_of_methods_that_a_grid_leaves_out(rbench, file):
    less = ids(rbench("plan", "-v", "--config", file, "--attacks", "pea"))
    file.write_text(FILE.replace("rate = 0.25", "rate = 0.5"))
    assert ids(rbench("plan", "-v", "--config", file, "--attacks", "pea")) == less


def test_a_preset_by_path_is_told_by_its_name_alone(rbench, size, tmp_path):
    """Else the folder that a preset lies in would part records that agree."""
    seen = set()
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "mine.toml").write_text("[bra]\nrate = 0.2\n")
        options = ["--attacks", "clean", "--modes", "direct", "--defenses", "none", "--seeds", "1"]
        options += [
            "--preset",
            tmp_path / folder / "mine.toml",
            "--executor",
            "serial",
            "--out",
            tmp_path / f"o{folder}",
        ]
        assert rbench("run", *size, *options).code == 0
        seen.add(tuple(sorted(path.name for path in (tmp_path / f"o{folder}" / "records").iterdir())))
    assert len(seen) == 1
