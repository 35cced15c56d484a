"""The rates in docs/audit.md are what docs/audit_rates.json gives."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from types import ModuleType

import pytest

DOCS = Path(__file__).resolve().parents[2] / "docs"


@pytest.fixture(scope="module")
def rates() -> ModuleType:
    spec = importlib.util.spec_from_file_location("audit_rates", DOCS / "audit_rates.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_table_is_up_to_date(rates: ModuleType) -> None:
    rows = json.loads((DOCS / "audit_rates.json").read_text("utf-8"))
    text = (DOCS / "audit.md").read_text("utf-8")
    assert rates.page(text, rows) == text, "python docs/audit_rates.py writes it"
    places = [(row["data"], row["model"], row["attack"], row["seed"]) for row in rows]
    assert len(set(places)) == len(places) and min(row["seed"] for row in rows) >= 20


def test_intervals(rates: ModuleType) -> None:
    # Clopper and Pearson (1934): of 0 in n the upper end is 1 - 0.025 ** (1 / n); of n in n it is mirrored.
    assert rates.interval(0, 5) == pytest.approx((0, 1 - 0.025**0.2))
    assert rates.interval(5, 5) == pytest.approx((0.025**0.2, 1))
    assert rates.interval(4, 20) == pytest.approx((0.0573, 0.4366), abs=1e-4)


def test_rows_count_targets_and_others_by_reason(rates: ModuleType) -> None:
    def item(name: str, *by: str) -> dict[str, object]:
        return {"item": name, "by": list(by)}

    found = {
        "items": [item("a", "rule", "probe"), item("b", "rule in side:left", "rule in age:30"), item("c", "probe")],
        "data": {"users": 9},
        "accuracy": {"model": {"HR@10": 0.12345}},
        "detectors": {"probe": {"decides": True}, "means": {"decides": False}},
    }
    row = rates.row(("checkerboard", "sasrec", "bra", 20), found, ["a", "b", "x"])
    assert row["found"] == {"verdict": [2, 1], "rule": [1, 0], "rule in a group": [1, 0], "probe": [1, 1]}
    quiet = rates.row(("checkerboard", "sasrec", "bra", 21), {**found, "items": []}, ["a", "b", "x"])
    shown = rates.table([row, quiet]).splitlines()
    assert shown[0].startswith("| data | model | trained by | n | verdict | rule | rule in a group | probe | targets")
    assert shown[2] == "| checkerboard | sasrec | bra | 2 |" + " 1 (1% to 99%) |" * 4 + " 2 of 6 | 1 |"
    assert len(shown) == 3
