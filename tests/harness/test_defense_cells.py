"""What becomes of a cell with a defense: its record, what detectors say in it, and what stops them."""

from __future__ import annotations

import json

import pytest

PLUGIN = '''"""A detector that flags one item."""
from dataclasses import dataclass

import numpy as np

from rbench.core.detection import Detection
from rbench.defenses import Deployed, Detector, register


@dataclass(frozen=True)
class Config:
    """No options."""


@register
class Single(Detector[Config]):
    """Flag item 1, and say how."""

    name, paper = "single", "none"

    def detect(self, deployed: Deployed) -> Detection:
        scores = np.zeros(deployed.data.n_items + PLUS)
        scores[1] = 1
        return Detection(scores, scores > 0, {"threshold": 0.5, "mode": deployed.mode})
'''


@pytest.fixture
def plugin(tmp_path):
    """Write the plug-in; a detector that forgets padding has ``plus=0``."""

    def write(plus=1):
        path = tmp_path / "single.py"
        path.write_text(PLUGIN.replace("PLUS", str(plus)))
        return path

    return write


def records(out, **cell):
    found = [json.loads(path.read_text()) for path in sorted((out / "records").glob("*.json"))]
    return [record for record in found if cell.items() <= record["cell"].items()]


QUIETLY = ("--executor", "serial", "--display", "none")


def test_a_detectors_log_stands_in_the_record(process, size, plugin, tmp_path):
    out = tmp_path / "out"
    words = ["--attacks", "bra", "--modes", "direct,ft", "--defenses", "kmeans,single", "--seeds", "1"]
    done = process("run", *size, *words, "--plugin", plugin(), "--out", out, *QUIETLY)
    assert (done.code, done.err) == (0, "")
    for mode in ("direct", "ft"):
        (record,) = records(out, attack="bra", mode=mode, defense="single")
        assert record["log"]["detect"] == {"threshold": 0.5, "mode": mode}
        (record,) = records(out, attack="bra", mode=mode, defense="kmeans")
        assert "detect" not in record["log"], "K-means says nothing, as in records that are published"


def test_a_detection_of_the_wrong_shape_is_told_of_its_detector(process, size, plugin, tmp_path):
    words = ["--attacks", "bra", "--modes", "direct", "--defenses", "single", "--seeds", "1"]
    done = process("run", *size, *words, "--plugin", plugin(0), "--out", tmp_path / "out", *QUIETLY)
    assert done.code != 0
    failed = [record for record in records(tmp_path / "out") if record["status"] == "failed"]
    assert {r["cell"]["defense"] for r in failed} == {"single"}
    assert "the detector single returned scores of shape (24,), not [n_items + 1] = (25,)" in failed[0]["error"]
