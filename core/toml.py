"""TOML files of the user: configurations, presets, a folder's settings, claims; and sections for such files."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from .errors import UserError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


def read_toml(path: Path) -> dict[str, Any]:
    """Read a TOML file.

    Raises:
        UserError: If it is missing or malformed; names the line.
    """
    try:
        return tomllib.loads(path.read_text("utf-8-sig"))
    except OSError as error:
        raise UserError(f"{path} could not be read: {error.strerror}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UserError(f"{path} is not valid TOML: {error}.") from error


def toml_section(options: Mapping[str, Any], *path: str) -> Iterator[str]:
    """Yield the lines of one section, an empty one before it; options that are None have none."""
    # A folder's name may hold what a bare key of TOML may not.
    yield f"\n[{'.'.join(part if re.fullmatch('[A-Za-z0-9_-]+', part) else json.dumps(part) for part in path)}]"
    yield from (f"{option} = {json.dumps(value)}" for option, value in options.items() if value is not None)
