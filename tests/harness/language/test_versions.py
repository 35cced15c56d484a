"""Records name the versions of the libraries that computed them."""

from __future__ import annotations

from importlib.metadata import version

from rbench.core.records.folder import read_all

SMALL = "checkerboard.users=60", "tallrec.samples=40", "tallrec.epochs=1"


def test_a_text_recommender_names_its_tokenizer(rbench, tmp_path):
    options = [word for option in SMALL for word in ("--set", option)]
    grid = ("--attacks", "clean", "--models", "tallrec", "--defenses", "none", "--datasets", "checkerboard")
    done = rbench("run", *grid, *options, "--seeds", "1", "--out", tmp_path / "out", "--executor", "serial")
    assert done.code == 0, done.err
    [record] = read_all(tmp_path / "out" / "records")
    assert record.versions["tokenizers"] == version("tokenizers")
