"""Which chains of defenses make sense, and at which place each link acts."""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum
from typing import Any

from ....core.errors import UserError
from ....defenses import Detector, Flagged, Repair, Scan, Serving
from ...stages.setting import Chain, Setting, Variant


class Place(IntEnum):
    """When a link acts, in the order in which links may follow each other."""

    BEFORE = 0
    TUNING = 1
    AFTER = 2
    SERVING = 3


WORDS = {
    Place.BEFORE: "before the model is used",
    Place.TUNING: "in the place of tuning",
    Place.AFTER: "once the model is tuned",
    Place.SERVING: "at serving",
}


def places(chain: Chain) -> list[Place]:
    """Return the place of each link.

    A repair has its own, and lists are changed at serving. A detector or scan at the end looks at the model in use. A
    detector before others looks at the model as it is handed to the next of them that is no detector.
    """
    found = [Place.AFTER] * len(chain.links)
    following = Place.AFTER
    for n in reversed(range(len(chain.links))):
        cls = chain.links[n].cls
        if issubclass(cls, Repair):
            found[n] = following = Place[cls.place.upper()]
        elif issubclass(cls, Serving):
            found[n] = following = Place.SERVING
        elif issubclass(cls, Detector):
            found[n] = Place.BEFORE if following <= Place.TUNING else Place.AFTER
    return found


def flags(link: Variant) -> list[Flagged]:
    """Return what a link declares of flagged items; nothing if it does not read them."""
    return [declared for declared in link.cls(link.config).inputs if isinstance(declared, Flagged)]


def check_chains(settings: Sequence[Setting]) -> None:
    """Check that the defenses of a grid can act, one after the other and in its usage modes.

    Args:
        settings: Those of one grid.

    Raises:
        UserError: Saying which cannot, and what to write instead.
    """
    for setting in settings[:1]:  # defenses and modes are the same for all settings
        for chain in setting.defended:
            _check_order(chain)
            _check_flags(chain)
            _check_modes(chain, setting.modes)


def _check_order(chain: Chain) -> None:
    at = places(chain)
    for one, two, first, second in zip(chain.links, chain.links[1:], at, at[1:], strict=False):
        if issubclass(one.cls, Scan):
            raise _refused(chain, f"{one.label} judges the model as a whole, and nothing follows from it; put it last")
        if second < first and issubclass(two.cls, (Detector, Scan)):
            why = f"{two.label} looks at the model, and {one.label} changes only lists"
            raise _refused(chain, f"{why}; write {two.label}+{one.label}, or leave one out")
        if first == second == Place.TUNING:
            raise _refused(chain, f"{one.label} and {two.label} both act {WORDS[first]}; leave one out")
        if second < first:
            acts = f"{two.label} acts {WORDS[second]}, and {one.label} acts {WORDS[first]}"
            raise _refused(chain, f"{acts}; write {two.label}+{one.label}, or leave one out")


def _check_flags(chain: Chain) -> None:
    open_: Variant | None = None  # a detector whose flags nobody has used yet
    any_flags = False
    for link in chain.links:
        wanted = flags(link)
        if wanted and any_flags:
            open_ = None
        elif any(declared.needed for declared in wanted):
            raise _refused(chain, f"{link.label} needs a detector before it, e.g. prompt-probe+{link.label}")
        if issubclass(link.cls, Detector):
            if open_ is not None:
                raise _unused(chain, open_)
            open_, any_flags = link, True
    if open_ is not None and open_ is not chain.links[-1]:
        raise _unused(chain, open_)


def _check_modes(chain: Chain, modes: Sequence[str]) -> None:
    for link in chain.links:
        cls: Any = link.cls
        if issubclass(cls, Repair) and cls.place == "tuning" and (others := [m for m in modes if m != cls.tunes]):
            raise _refused(
                chain,
                f"{link.label} takes the place of the tuning of the mode {cls.tunes}, and there is none in "
                f"{', '.join(others)}; write --modes {cls.tunes}",
            )


def _unused(chain: Chain, detector: Variant) -> UserError:
    label = detector.label
    return _refused(chain, f"nothing after {label} uses what it flags; leave {label} out, or put it last")


def _refused(chain: Chain, why: str) -> UserError:
    return UserError(f"--defenses {chain.label}: {why}.")
