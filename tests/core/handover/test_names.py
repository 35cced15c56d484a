"""A card names what its model reads by number, and a log that numbers otherwise is renumbered."""

from __future__ import annotations

import json

import numpy as np
import pytest

from rbench.core.errors import UserError
from rbench.core.handover.names import NOTHING, Names
from rbench.core.interactions import Attribute, Interactions


def data(categories: tuple[str, ...], values: tuple[str, ...], **more: tuple[str, ...]) -> Interactions:
    """Return three users of two items; item 1 and user 1 have the first category and value, as many as there are."""
    attributes = {name: Attribute(np.array([1, 2, 0], np.int32), v) for name, v in {"gender": values, **more}.items()}
    return Interactions(
        "tiny",
        np.array([1, 2, 1, 2, 2, 1], np.int32),
        np.array([0, 2, 4, 6], np.int64),
        np.array([0, 1, 2], np.int32),
        categories,
        attributes,
        ("u", "v", "w"),
        ("a", "b"),
    )


def test_numbers_follow_the_card():
    provider, log = data(("toys", "food"), ("F", "M"), age=("20", "30")), data(("food", "toys"), ("M", "F"))
    card = json.loads(json.dumps({"model": "gru4recf", **Names.of(provider, True, False).claim()}))
    read = Names.read(card, "card")
    assert read == Names(("toys", "food"), None)
    assert list(log.categories) == [0, 1, 2] and list(read.renumbered(log).categories) == [0, 2, 1]
    assert read.renumbered(log).attributes is log.attributes

    prompts = Names.read(Names.of(provider, False, True).claim(), "card")
    both = prompts.renumbered(data(("x",), ("M", "F"), city=("P", "Q"), age=("30", "40")))
    # In the card's order, without the city; nobody of the provider's is 40, so that user's age is unknown.
    assert list(both.attributes) == ["gender", "age"]
    assert [list(own.codes) for own in both.attributes.values()] == [[2, 1, 0], [2, 0, 0]]
    assert [own.values for own in both.attributes.values()] == [("F", "M"), ("20", "30")]
    with pytest.raises(UserError, match="tiny: the model's prompts read users' 'age'; the log has gender"):
        prompts.renumbered(log)


def test_a_card_that_says_nothing_changes_nothing():
    log = data(("food", "toys"), ("M", "F"))
    assert Names.read({"model": "sasrec"}, "card") == NOTHING == Names.of(log, False, False)
    assert NOTHING.claim() == {} and NOTHING.renumbered(log) is log


@pytest.mark.parametrize(
    "said",
    [
        *([1], "x", None, {"categories": "abc"}, {"categories": [1]}, {"categories": ["a", "a"]}),
        *({"attributes": ["ab"]}, {"attributes": [["a", "xy"]]}, {"attributes": [["a", ["x"], 3]]}, {"attributes": 5}),
    ],
)
def test_hostile_names_are_refused(said: object):
    with pytest.raises(UserError, match=r"my/card: numbered is .*, and not lists of names"):
        Names.read({"numbered": said}, "my/card")
