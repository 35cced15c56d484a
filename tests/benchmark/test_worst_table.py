"""Which attack is the worst for a defense, by hand: five attacks, a detector and a repair."""

from __future__ import annotations

from test_defense_tables import measured
from test_tables import row, shown

# Attack: HIT@5 without a defense, HR@10, recall of exposure by the detector, HIT@5 after the repair, audience.
FIVE = {
    "bra": (60.0, 0.10, 0.9, 9.0, "all"),  # costs half of the accuracy, and does not count
    "bra:rate=0.05": (20.0, 0.195, 0.9, 1.0, "all"),  # seen
    "bra-trigger": (10.0, 0.20, 0.4, 2.0, "all"),
    "fake-random": (0.5, 0.20, 0.0, 0.6, "all"),
    "pea": (30.0, 0.191, 0.49, 1.5, "group"),  # not seen
}


def five(leave_out=()):
    records = [measured("clean", "none", {"HIT@5": 0.1, "HR@10": 0.2}, seed, None) for seed in range(3)]
    for attack, (hit, kept, seen, left, audience) in FIVE.items():
        if attack not in leave_out:
            for seed in range(3):
                records += [
                    measured(attack, "none", {"HIT@5": hit, "HR@10": kept}, seed, audience),
                    measured(attack, "combined", {"recall": seen, "recall of exposure": seen}, seed, audience),
                    measured(attack, "combined+reestimate", {"HIT@5": left, "HR@10": kept}, seed, audience),
                ]
    for one in records:
        if one.attack_info["audience"] == "group" and "HIT@5" in one.metrics["all"]:
            one.metrics["all"] = {**one.metrics["all"], "HIT@5": 99.0}
    return records


def test_the_worst_attack_keeps_accuracy_and_is_not_seen():
    table = shown(five())["worst"]
    bare, seen, mended = (row(table, "direct", d) for d in ("none", "combined", "combined+reestimate"))
    assert [cells["attacks"].number for cells in (bare, seen, mended)] == [4, 4, 4]
    assert (bare["worst attack"].text, bare["HIT@5 % left"].number) == ("pea", 30.0)
    assert (seen["worst attack"].text, seen["HIT@5 % left"].number) == ("pea", 30.0)
    assert seen["recall of exposure"].number == 0.49 and seen["HR@10"].n == 3
    assert (mended["worst attack"].text, mended["HIT@5 % left"].number) == ("bra-trigger", 2.0)


def test_where_everything_is_seen_there_is_none():
    records = five()
    for one in records:
        if one.cell.defense == "combined":
            one.metrics["all"] = {**one.metrics["all"], "recall of exposure": 0.5}
    seen = row(shown(records)["worst"], "direct", "combined")
    assert (seen["worst attack"].text, seen["HIT@5 % left"].number, seen["attacks"].number) == ("–", None, 4)


def test_few_attacks_or_no_defense_have_no_such_table():
    assert "worst" not in shown(five(leave_out=("fake-random",)))
    assert "worst" not in shown([one for one in five() if one.cell.defense == "none"])
