r"""Tables for LaTeX, with booktabs' rules; every special character of a name is typeset as itself.

The document needs ``\usepackage{booktabs}``. Names in scripts that pdfLaTeX's fonts lack need LuaLaTeX or XeLaTeX.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ...tables.table import Table
from .cells import NONE, flat, written

SPECIAL = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "%": r"\%",
    "_": r"\_",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    "`": r"\textasciigrave{}",
    '"': "{''}",  # the straight one is in no font of OT1, and a command in some languages
    "[": "{[}",  # after the end of a row it would begin a length
    "*": "{*}",  # and this would be part of that end
    NONE: r"\textendash{}",
    "—": r"\textemdash{}",
    "…": r"\textellipsis{}",
    "·": r"\textperiodcentered{}",
    "×": r"\ensuremath{\times}",
    "±": r"\ensuremath{\pm}",
    "λ": r"\ensuremath{\lambda}",
    "Δ": r"\ensuremath{\Delta}",
}
_LIGATURE = re.compile(r"(?<=-)(?=-)|(?<=')(?=')|(?<=,)(?=,)")
_NUMBER = re.compile(r"(?:< )?×?[+-]?\d+(?:\.\d+)?%?")
_LONG = 40
"""Characters from which a column of text is wrapped."""


def escape(text: object) -> str:
    """Return text that is typeset as itself, wherever text may stand."""
    return "".join(SPECIAL.get(c, c) for c in _LIGATURE.sub("\0", flat(text))).replace("\0", "{}")


def render(tables: Sequence[Table]) -> str:
    """Return a ``table`` environment for each table, with caption and label."""
    return "\n".join("\n".join(_lines(table)) + "\n" for table in tables)


def _lines(table: Table) -> Iterator[str]:
    name = re.sub(r"[^A-Za-z0-9]+", "-", f"{table.subject} {table.name}").strip("-")
    caption = " ".join(
        f"{escape(text)}{'' if text.endswith('.') else '.'}"
        for text in (table.title, table.subject, *table.caption)
        if text
    )
    yield from (r"\begin{table}", r"\centering", rf"\caption{{{caption}}}", rf"\label{{tab:{name}}}")
    yield rf"\begin{{tabular}}{{{''.join(_columns(table))}}}"
    yield from (r"\toprule", _row([escape(column.header) for column in table.columns]), r"\midrule")
    marks = [_strong if column.emphasis else str for column in table.columns]
    for row in table.rows:
        yield _row([written(cell, escape, _number, mark) for cell, mark in zip(row, marks, strict=True)])
    yield from (r"\bottomrule", r"\end{tabular}")
    below = [f"{_strong(escape(about))} {escape(note)}" for about, note in table.notes]
    below += [f"{escape(name)}: {escape(source)}" for name, source in table.sources]
    if below:
        yield from (r"\par\raggedright\footnotesize", *(rf"{line}\par" for line in below))
    yield r"\end{table}"


def _columns(table: Table) -> Iterator[str]:
    for place, column in enumerate(table.columns):
        texts = [written(row[place], flat) for row in table.rows]
        long = column.align == "left" and max(map(len, texts), default=0) > _LONG
        yield r"p{0.25\linewidth}" if long else column.align[0]


def _row(cells: Sequence[str]) -> str:
    return " & ".join(cells) + r" \\"


def _number(text: str) -> str:
    if text == NONE:
        return SPECIAL[NONE]
    return _NUMBER.sub(lambda found: f"${found[0]}$".replace("×", r"\times").replace("%", r"\%"), text)


def _strong(text: str) -> str:
    return rf"\textbf{{{text}}}"
