"""Cells of attacks that act after a trigger measure exposure after it and after random items, at every usage mode."""

from __future__ import annotations

from rbench.benchmark.scenarios.pretrained import kinds


def test_every_ranking_of_the_model_is_repeated_after_the_trigger(planned):
    chains = ("none", "prompt-probe", "fast-ft", "prompt-probe+filter")
    plan = planned(attacks=("bra", "bra-trigger"), modes=("direct", "ft"), defenses=chains[1:], seeds=(0, 1))
    measured = {}
    for cell in plan.cells:
        parents = plan.stages[cell.stages["measure"]].parents
        measured[cell.cell.attack, cell.cell.mode, cell.cell.defense, cell.cell.seed] = parents
        for after in {"trigger", "random"} & {*parents}:
            stage = plan.stages[parents[after]]
            poisoned = plan.stages[cell.stages["pretrain"]]
            while poisoned.kind != "pretrain":
                poisoned = plan.stages[poisoned.parents["pretrained"]]
            # The seed that the attack drew its trigger from, and the model that the cell ranks with.
            assert (stage.kind, stage.name, stage.seed) == (kinds.TRIGGERED.id, "bra-trigger", poisoned.seed)
            assert stage.params["after"] == after and stage.params["config"] == poisoned.params["config"]
            assert stage.parents["pretrained"] == plan.stages[cell.stages["rank"]].parents["pretrained"]
    for (attack, _, defense, _), parents in measured.items():
        # Lists that are changed at serving, and what a detector found, are not measured after the trigger.
        expected = attack == "bra-trigger" and defense in ("none", "fast-ft")
        assert ({"trigger", "random"} <= {*parents}) == expected, (attack, defense)
