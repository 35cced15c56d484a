"""Measure what a pre-trained recommender can do to those who use it: attacks, defenses, one harness."""

from typing import TYPE_CHECKING

__version__ = "0.1.0"
__all__ = [
    "Results",
    "UserError",
    "audit",
    "compare",
    "data",
    "export",
    "handover",
    "import_checkpoint",
    "plan",
    "repair",
    "results",
    "run",
]

if TYPE_CHECKING:
    from .benchmark.api.audit import audit, repair
    from .benchmark.api.data import data
    from .benchmark.api.handover import export, handover, import_checkpoint
    from .benchmark.api.results import compare, results
    from .benchmark.api.run import plan, run
    from .benchmark.leaderboard.results import Results
    from .core.errors import UserError
else:
    _HOMES = {
        "benchmark.api.audit": ("audit", "repair"),
        "benchmark.api.data": ("data",),
        "benchmark.api.handover": ("export", "handover", "import_checkpoint"),
        "benchmark.api.results": ("compare", "results"),
        "benchmark.api.run": ("plan", "run"),
        "benchmark.leaderboard.results": ("Results",),
        "core.errors": ("UserError",),
    }

    def __getattr__(name: str) -> object:
        """Import a public name once it is asked for, so that ``import rbench`` costs nothing."""
        home = next((home for home, names in _HOMES.items() if name in names), None)
        if home is None:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from importlib import import_module

        found = getattr(import_module(f".{home}", __name__), name)
        globals()[name] = found
        return found

    def __dir__() -> list[str]:
        """Return the public names too, before they are imported."""
        return sorted({*globals(), *__all__})
