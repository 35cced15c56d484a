"""The command beside a row plans the very stages that made it."""

from __future__ import annotations

import shlex
from dataclasses import replace

import pytest

from rbench.benchmark.grid import plan
from rbench.benchmark.grid import resolve as grid
from rbench.benchmark.grid.request import WORDS, read_request
from rbench.benchmark.leaderboard.aggregate import sort
from rbench.benchmark.leaderboard.html.origins import configuration, origins
from rbench.benchmark.run.records import compose_failed

GRIDS = [
    {
        "datasets": "checkerboard",
        "attacks": "bra,bra-group,pea:suppress=0.5:variant=paper",
        "defenses": "none,kmeans",
        "seeds": "0,3",
        "quick": True,
        "options": ["bra.rate=0.2", "train.epochs=5", "sasrec.hidden_size=8", "checkerboard.audience=side:left"],
    },
    {"attacks": "clean", "models": "gru4rec", "modes": "direct,pt", "preset": "paper", "seeds": "1"},
    {"datasets": "checkerboard", "attacks": "a-ra,eb:malicious=0.1", "defenses": "none,median", "seeds": "2"},
]


@pytest.mark.parametrize("words", GRIDS, ids=["pretrained", "baselines", "federated"])
def test_the_command_plans_the_stages_of_the_row(words, tmp_path):
    if words.get("options"):
        words = {**words, "options": [o for o in words["options"] if "audience" not in o]}
    planned = plan.build(grid.build(read_request(words)))
    records = [replace(compose_failed(cell, planned.stages, ""), status="done", error=None) for cell in planned.cells]
    [result_set] = sort(records)
    name, content = configuration(result_set)
    (tmp_path / name).write_text(content, "utf-8")
    found = origins(result_set)
    assert {origin.key for origin in found} == {*result_set.rows}
    for origin in found:
        program, verb, *given = shlex.split(origin.command)
        assert (program, verb) == ("rbench", "run")
        asked: dict[str, object] = dict.fromkeys(WORDS)
        for option, value in zip(given[::2], given[1::2], strict=True):
            if option == "--set":
                asked["options"] = [*(asked["options"] or []), value]
            elif option != "--out":
                asked[option[2:]] = str(tmp_path / value) if option == "--config" else value
        again = plan.build(grid.build(read_request(asked)))
        stages = {cell.cell: cell.stages for cell in again.cells}
        for seed, record in result_set.rows[origin.key].items():
            assert stages[record.cell] == record.stages, seed
        assert [origin.stages[role] for role in origin.stages] == [
            [record.stages.get(role, "") for record in result_set.rows[origin.key].values()] for role in origin.stages
        ]
