"""An installed package that is broken makes only itself unavailable, and is named with its reason."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rbench.benchmark.commands.list import registries

BROKEN = "raise SystemExit('this package needs a licence')\n"
WHY = "could not be imported: SystemExit: this package needs a licence"


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of installed packages, which processes of this test see: in every group a broken method and a thief."""
    site = tmp_path / "site-packages"
    info = site / "broken-1.0.dist-info"
    info.mkdir(parents=True)
    (site / "broken.py").write_text(BROKEN, "utf-8")
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: broken\nVersion: 1.0\n", "utf-8")
    lines = []
    for kind, registry in registries().items():
        taken = registry.names()[0]
        lines += [f"[{registry.group}]", f"broken-{kind} = broken:Method", f"{taken} = broken:Thief"]
    (info / "entry_points.txt").write_text("\n".join([*lines, ""]), "utf-8")
    monkeypatch.setenv("PYTHONPATH", str(site), prepend=":")
    return site


def test_commands_go_on(environment: Path, process, size, tmp_path: Path) -> None:
    listed = process("list", "--json")
    assert (listed.code, listed.err) == (0, "")
    found = json.loads(listed.out)
    for kind, registry in registries().items():
        told = {entry["name"]: entry["summary"] for entry in found[kind]}
        taken = registry.names()[0]
        assert told[f"broken-{kind}"] == WHY
        assert told[f"{taken} (broken:Thief)"] == f"has the name of {registry.origin(taken)}; rename it."
        assert {name for name in registry.names() if registry.origin(name)} <= set(told)
    small = [*size, "--attacks", "bra", "--modes", "direct", "--defenses", "none", "--seeds", "1"]
    for command in (["plan", *small], ["run", *small, "--workers", "1", "--out", tmp_path / "out"]):
        done = process(*command)
        assert done.code == 0, done.err
        assert f"Warning: scenario 'broken-scenarios' {WHY}\n" in done.err
        assert "Warning: attack 'a-hum (broken:Thief)' has the name of rbench.attacks" in done.err
    assert len([*(tmp_path / "out" / "records").glob("*.json")]) == 3


def test_asking_for_it_gives_the_reason(environment: Path, process, size) -> None:
    done = process("run", *size, "--attacks", "broken-attacks")
    assert done.code == 2
    (line,) = done.err.splitlines()
    assert line.startswith("Error: unknown attack 'broken-attacks'")
    assert f"(attack 'broken-attacks' {WHY})" in line
