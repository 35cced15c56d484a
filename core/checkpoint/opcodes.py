"""A pickle read as data by a small stack machine, which imports nothing, calls nothing and builds nothing of its own.

Python's unpickler would look up what a pickle names, and call it. This one knows lists, tables, tuples, sets, numbers
and texts; whatever is named stays a :class:`Named`, and a call stays a :class:`Made`, a note of what would be called.
"""

from __future__ import annotations

import pickletools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ..errors import UserError
from ..handover.texts import check_text, shown

MOST_BYTES = 2**24
"""Bytes of a pickle; one of a hundred layers has a million."""
MOST_OPCODES = 500_000
"""A thousand arrays with Adam's state take a hundred thousand."""
LARGEST_KEY = 2**20
"""Of numbers in a table; an optimizer numbers its arrays. Among larger ones many could have the same hash."""


@dataclass(eq=False, repr=False, slots=True)
class Named:
    """A class or function that a pickle names; it was not looked up."""

    module: str
    name: str

    @property
    def dotted(self) -> str:
        """Module and name."""
        return f"{self.module}.{self.name}"


@dataclass(eq=False, repr=False, slots=True)
class Made:
    """An object that a pickle would make by a call; it was not made."""

    maker: object
    given: object
    state: object = None

    def by(self, dotted: str) -> bool:
        """Tell whether something of this name would make it."""
        return isinstance(self.maker, Named) and self.maker.dotted == dotted


@dataclass(eq=False, repr=False, slots=True)
class Stored:
    """What a pickle says is stored beside it."""

    place: object


def read_pickle(content: bytes, known: Callable[[str], bool], where: str) -> object:
    """Return what a pickle of protocol 2 or later holds; ``OrderedDict`` becomes a plain table.

    Args:
        content: The pickle.
        known: Tells whether a class or function may be named, by its dotted name.
        where: The file, for messages.

    Raises:
        UserError: If it names something else, has an opcode that such checkpoints lack, or is damaged or too large.
    """
    if len(content) > MOST_BYTES:
        raise UserError(f"{where}: its pickle is {len(content)} bytes large; at most {MOST_BYTES} are allowed.")
    machine = _Machine(known, where)
    try:
        for count, (code, given, _) in enumerate(pickletools.genops(content)):
            if code.name not in _STEPS or count == MOST_OPCODES:
                what = f"has more than {count} opcodes" if code.name in _STEPS else f"has the opcode {code.name}"
                raise UserError(f"{where}: its pickle {what}, as no checkpoint of RecBole has; nothing in it was run.")
            _STEPS[code.name](machine, given)
        (found,) = machine.stack
    except (ValueError, LookupError, OverflowError) as error:
        raise UserError(f"{where}: its pickle is damaged ({shown(str(error))}); nothing in it was run.") from error
    return found


class _Machine:
    def __init__(self, known: Callable[[str], bool], where: str) -> None:
        self.known, self.where = known, where
        self.stack: list[Any] = []
        self.marks: list[int] = []
        self.memo: dict[int, Any] = {}

    def push(self, value: object) -> None:
        self.stack.append(value)

    def since_mark(self) -> list[Any]:
        start = self.marks.pop()
        found = self.stack[start:]
        del self.stack[start:]
        return found

    def last(self, count: int) -> list[Any]:
        found = [self.stack.pop() for _ in range(count)]
        return found[::-1]

    def name(self, module: object, name: object) -> None:
        if not isinstance(module, str) or not isinstance(name, str):
            raise ValueError("a name is no text")
        check_text(f"{module}.{name}", self.where)
        named = Named(module, name)
        if not self.known(named.dotted):
            raise UserError(
                f"{self.where} names {shown(named.dotted)}, which no checkpoint of RecBole does; nothing in it was run."
            )
        self.push(named)

    def make(self) -> None:
        maker, given = self.last(2)
        empty = isinstance(maker, Named) and maker.dotted == "collections.OrderedDict" and given == ()
        self.push({} if empty else Made(maker, given))

    def build(self) -> None:
        target, state = self.last(2)
        if isinstance(target, Made):
            target.state = state
        self.push(target)

    def extend(self, values: list[Any]) -> None:
        if isinstance(target := self.stack[-1], list):
            target.extend(values)
        elif not isinstance(target, Made):
            raise ValueError("what is appended to is no list")

    def fill(self, values: list[Any]) -> None:
        keys = values[::2]
        if any(not isinstance(key, (str, int, type(None), Made, Named)) for key in keys):
            raise ValueError("a table has a key that is neither text nor number")
        if any(isinstance(key, int) and not 0 <= key < LARGEST_KEY for key in keys):
            raise ValueError("a table has a large number as a key")
        if isinstance(target := self.stack[-1], dict):
            target.update(zip(keys, values[1::2], strict=True))
        elif not isinstance(target, Made):
            raise ValueError("what is filled is no table")


def _value(machine: _Machine, given: Any) -> None:
    machine.push(given)


def _pushes(make: Callable[[_Machine], object]) -> Callable[[_Machine, Any], None]:
    return lambda machine, given: machine.push(make(machine))


_STEPS: dict[str, Callable[[_Machine, Any], None]] = {
    **dict.fromkeys(("PROTO", "FRAME", "STOP"), lambda machine, given: None),
    **dict.fromkeys(("BININT", "BININT1", "BININT2", "LONG1", "BINFLOAT"), _value),
    **dict.fromkeys(("SHORT_BINUNICODE", "BINUNICODE", "SHORT_BINBYTES", "BINBYTES"), _value),
    "NONE": _pushes(lambda machine: None),
    "NEWTRUE": _pushes(lambda machine: True),
    "NEWFALSE": _pushes(lambda machine: False),
    "EMPTY_DICT": _pushes(lambda machine: {}),
    "EMPTY_LIST": _pushes(lambda machine: []),
    "EMPTY_TUPLE": _pushes(lambda machine: ()),
    "EMPTY_SET": _pushes(lambda machine: []),  # a list, so that nothing is hashed
    "TUPLE": _pushes(lambda machine: tuple(machine.since_mark())),
    "TUPLE1": _pushes(lambda machine: tuple(machine.last(1))),
    "TUPLE2": _pushes(lambda machine: tuple(machine.last(2))),
    "TUPLE3": _pushes(lambda machine: tuple(machine.last(3))),
    "MARK": lambda machine, given: machine.marks.append(len(machine.stack)),
    "APPEND": lambda machine, given: machine.extend(machine.last(1)),
    **dict.fromkeys(("APPENDS", "ADDITEMS"), lambda machine, given: machine.extend(machine.since_mark())),
    "SETITEM": lambda machine, given: machine.fill(machine.last(2)),
    "SETITEMS": lambda machine, given: machine.fill(machine.since_mark()),
    "MEMOIZE": lambda machine, given: machine.memo.update({len(machine.memo): machine.stack[-1]}),
    **dict.fromkeys(("BINPUT", "LONG_BINPUT"), lambda machine, given: machine.memo.update({given: machine.stack[-1]})),
    **dict.fromkeys(("BINGET", "LONG_BINGET"), lambda machine, given: machine.push(machine.memo[given])),
    "GLOBAL": lambda machine, given: machine.name(*given.split(" ", 1)),
    "STACK_GLOBAL": lambda machine, given: machine.name(*machine.last(2)),
    "REDUCE": lambda machine, given: machine.make(),
    "NEWOBJ": lambda machine, given: machine.make(),
    "BUILD": lambda machine, given: machine.build(),
    "BINPERSID": _pushes(lambda machine: Stored(*machine.last(1))),
}
