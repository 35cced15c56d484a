"""Templates to bytes: names from outside are always text, and no script runs but the page's own."""

from __future__ import annotations

import base64
import functools
import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .... import __version__
from ..render.cells import flat, written

if TYPE_CHECKING:
    import jinja2

TEMPLATES = Path(__file__).parent / "templates"


def render(template: str, **context: Any) -> bytes:
    """Return a page as UTF-8; the same context gives the same bytes."""
    page = _environment().get_template(template).render(context, version=__version__, policy=_policy())
    return (page.strip() + "\n").encode()


@functools.cache
def _environment() -> jinja2.Environment:
    import jinja2

    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {"flat": flat, "written": lambda cell: written(cell, flat)}
    return made


def _policy() -> str:
    """Return the content security policy: nothing is loaded, and of scripts only ours runs."""
    script = (TEMPLATES / "page.js").read_text("utf-8").rstrip("\n")
    digest = base64.b64encode(hashlib.sha256(f"\n{script}\n".encode()).digest()).decode()
    return f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'; base-uri 'none'"
