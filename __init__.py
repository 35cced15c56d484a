"""Measure what a pre-trained recommender can do to those who use it: attacks, defenses, one harness."""

from typing import TYPE_CHECKING

__version__ = "0.1.0"
__all__ = ["Results", "UserError", "compare", "data", "export", "handover", "plan", "results", "run"]

if TYPE_CHECKING:
    from .benchmark.api import compare, data, export, handover, plan, results, run
    from .benchmark.leaderboard.results import Results
    from .core.errors import UserError
else:
    _HOMES = {"Results": "benchmark.leaderboard.results", "UserError": "core.errors"}

    def __getattr__(name: str) -> object:
        """Import a public name once it is asked for, so that ``import rbench`` costs nothing."""
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from importlib import import_module

        found = getattr(import_module(f".{_HOMES.get(name, 'benchmark.api')}", __name__), name)
        globals()[name] = found
        return found

    def __dir__() -> list[str]:
        """Return the public names too, before they are imported."""
        return sorted({*globals(), *__all__})
