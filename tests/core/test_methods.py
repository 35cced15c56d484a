"""A method's options are those of its base's type argument, and a class that the harness cannot use is told why."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, Generic

import pytest
from typing_extensions import TypeVar

from rbench.core.errors import UserError
from rbench.core.methods import C, Configured, find, make
from rbench.core.ranges import Count
from rbench.core.registry import Registry


@dataclass(frozen=True)
class Shared:
    """Options of every method that reads them."""

    size: Count = 1
    """How large."""


@dataclass(frozen=True)
class Own(Shared):
    """Options of one method."""

    deep: bool = False
    """Whether."""


S = TypeVar("S", bound=Shared, default=Shared)
T = TypeVar("T", default=Any)


class Method(Configured[C], ABC):
    """A kind of method."""

    def __init__(self, config: C) -> None:
        self.config = config

    @abstractmethod
    def work(self) -> int:
        """Do something."""


class Sized(Method[S]):
    """One whose options have a size."""

    def work(self) -> int:
        return self.config.size


class Pair(Sized[S], Generic[S, T]):
    """One with a type argument more."""


class Deep(Sized[Own]):
    """One with its own options."""


class Deeper(Deep):
    """One with the options of another."""


class Stated(Sized[Own]):
    """One that says so itself."""

    Config = Shared


class Bare(Sized):  # type: ignore[type-arg]
    """One that says nothing."""


class Twice(Pair[Own, int]):
    """One with two arguments."""


@pytest.mark.parametrize(
    ("method", "config"),
    [(Sized, Shared), (Pair, Shared), (Deep, Own), (Deeper, Own), (Stated, Shared), (Bare, Shared), (Twice, Own)],
)
def test_the_options_are_the_type_argument(method: Any, config: type) -> None:
    assert method.Config is config


def test_without_an_argument_there_are_none() -> None:
    assert not hasattr(Method, "Config")


@pytest.fixture
def registry() -> Registry[Any]:
    made: Registry[Any] = Registry("method", "rbench.core", "some.group", "nothing")
    for name, cls in (("deep", Deep), ("deeper", Deeper)):
        cls.name = name
        made.register(cls)
    return made


def test_a_method_is_made_from_name_and_options(registry: Registry[Any]) -> None:
    made = make(registry, "deep", {"size": "3", "deep": "true"}, Sized)
    assert type(made) is Deep and made.config == Own(3, True) and made.work() == 3
    assert find(registry, "deeper", Stated, Deep) is Deeper
    assert find(registry, "deeper", Configured) is Deeper
    with pytest.raises(UserError, match=r"^deep\.size=0 must be at least 1\.$"):
        make(registry, "deep", {"size": "0"}, Deep)


@dataclass
class Loose:
    """Options that anybody may change."""

    size: int = 1


class Undecorated(Shared):
    """Options of a class that is no dataclass itself."""

    more: int = 2


class Changing(Sized[Loose]):  # type: ignore[type-var]
    """One with options that are not frozen."""


class Losing(Sized[Undecorated]):
    """One whose options are lost."""


class Without(Method[Any]):
    """One without options."""

    def work(self) -> int:
        return 1


@pytest.mark.parametrize(
    ("found", "says"),
    [
        (Own, "Own) derives from Shared; a class derived from Method or Pair is expected."),
        (Changing, "Changing) needs a frozen dataclass of its options as Config, not Loose."),
        (Losing, "Losing) needs a frozen dataclass of its options as Config, not Undecorated."),
        (Without, "Without) needs a frozen dataclass of its options as Config, not None."),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_what_cannot_be_used(registry: Registry[Any], found: Any, says: str) -> None:
    found.name = "it"
    registry.register(found)
    with pytest.raises(UserError) as caught:
        find(registry, "it", Method, Pair)
    assert str(caught.value) == f"method 'it' ({found.__module__}.{says}"
    with pytest.raises(UserError, match=r"^unknown method 'itt'; did you mean it\?$"):
        make(registry, "itt", {}, Method)
