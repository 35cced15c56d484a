"""The cell of a model with a chain of defenses, each link at its place: before use, in tuning, after it, at serving."""

from __future__ import annotations

from .....defenses import Detector, Repair, Scan, Serving
from ....stages.setting import Chain, Variant
from .. import kinds, modes
from ..chains import Place, flags, places
from .builder import Builder, Roles


def defended(builder: Builder, label: str, attack: Variant | None, pretrained: str, mode: str, chain: Chain) -> None:
    """Add a cell and its stages; the chain is one that ``check_chains`` lets pass.

    Args:
        builder: Adds them.
        label: The attack's label.
        attack: The attack, or None for an honest provider.
        pretrained: Id of the model handed over.
        mode: The usage mode.
        chain: The defenses.
    """
    walk = _Walk(builder, pretrained, mode)
    for link, place in zip(chain.links, places(chain), strict=True):
        walk.take(link, place)
    walk.use()
    last = chain.links[-1].cls
    if issubclass(last, Detector):
        parents = {"detection": walk.flagged, "targets": builder.targets}
        if last.weighs_exposure:
            parents["rank"] = walk.roles["rank"]
        measured = builder.measure("detection", parents)
    elif issubclass(last, Scan):
        measured = builder.measure("scan", {"scan": walk.roles["scan"]})
    else:
        builder.measured(label, attack, mode, chain.label, walk.roles, shown=walk.shown)
        return
    builder.cell(label, attack, mode, chain.label, walk.roles | {"measure": measured})


_KINDS = {Detector: kinds.DETECT, Scan: kinds.SCAN, Serving: kinds.SERVE}


class _Walk:
    """A model on its way through a chain.

    Attributes:
        roles: Stages of the cell so far; once the model is in use, also ``adapt`` and ``rank``.
        flagged: Id of the last detection.
        shown: Id of what users are shown.
    """

    def __init__(self, builder: Builder, handed: str, mode: str) -> None:
        self.builder, self.handed, self.mode = builder, handed, mode
        self.now, self.used = handed, False
        self.roles: Roles = {"pretrain": handed}
        self.flagged, self.shown = "", ""

    def use(self) -> None:
        """Tune and rank the model as its mode does, unless it is in use already."""
        if not self.used:
            self._deploy(self.builder.deployed(self.now, self.mode))

    def take(self, link: Variant, place: Place) -> None:
        """Add a link's stage."""
        if place > Place.TUNING:
            self.use()
        parents = {"pretrained": self.now} | self._flags(link)
        if issubclass(link.cls, Repair):
            self._repair(link, parents, place)
            return
        rank, mode = self._looked_at()
        parents |= {"ranking": self.shown or rank}
        kind = next((kind for base, kind in _KINDS.items() if issubclass(link.cls, base)))
        sections = ("rank",) if kind is kinds.SERVE else ()
        made = self.builder.defense(kind, link, parents, {"handed": self.handed}, {"mode": mode}, sections)
        if kind is kinds.DETECT:
            self.flagged = made
        elif kind is kinds.SERVE:
            self.shown = made
        self._note(kind.name, made)

    def _repair(self, link: Variant, parents: Roles, place: Place) -> None:
        if place is not Place.AFTER:
            made = self.builder.defense(kinds.REPAIR, link, parents)
        else:
            rank, mode = self._looked_at()
            ancestors, context = {"handed": self.handed}, {"mode": mode}
            made = self.builder.defense(kinds.REPAIR, link, parents | {"ranking": rank}, ancestors, context)
        self._note("repair", made)
        self.now = made
        if place is not Place.BEFORE:
            self._deploy({"adapt": made, "rank": self.builder.rank(made, self.mode)})

    def _deploy(self, roles: Roles) -> None:
        self.used, self.now = True, roles["adapt"]
        self.roles |= {"adapt": roles["adapt"], "rank": roles["rank"]}
        self.shown = roles["rank"]

    def _looked_at(self) -> tuple[str, str]:
        """Return the ranking of the model as it is now, and in which mode that is used; before use, directly."""
        if not self.used:
            return self.builder.rank(self.now, "direct"), "direct"
        return self.roles["rank"], self.mode if modes.registry.get(self.mode).changes else "direct"

    def _flags(self, link: Variant) -> Roles:
        return {"flagged": self.flagged} if self.flagged and flags(link) else {}

    def _note(self, role: str, stage_id: str) -> None:
        """Keep a stage under its role; the first of a kind has the kind's name, later ones are numbered."""
        n = 1 + sum(known.split(" ")[0] == role for known in self.roles)
        self.roles[role if n == 1 else f"{role} {n}"] = stage_id
