"""LaTeX, held against a small reader of it, since there is no TeX here: names come back, and all is well formed."""

from __future__ import annotations

import re

from hypothesis import example, given
from hypothesis import strategies as st

from rbench.benchmark.leaderboard.render import latex
from rbench.benchmark.leaderboard.render.cells import flat

MARKED = st.text(st.sampled_from("\\{}$&#%_^~<>|`'\"[]*-,?!ab1 \n–—…·×±λΔ"))
COMMANDS = {
    *("begin", "end", "centering", "caption", "label", "toprule", "midrule", "bottomrule", "textbf", "par"),
    *("raggedright", "footnotesize", "linewidth", "pm", "times", "lambda", "Delta", "ensuremath", "textbackslash"),
    *("textasciicircum", "textasciitilde", "textasciigrave", "textless", "textgreater", "textbar", "textendash"),
    *("textemdash", "textellipsis", "textperiodcentered", "{", "}", "$", "&", "#", "%", "_", "\\"),
}
TOKEN = re.compile(r"\\(?:[A-Za-z]+|.)|.|\n")
BACK = {written: letter for letter, written in latex.SPECIAL.items()} | {"{}": ""}
WRITTEN = re.compile("|".join(re.escape(w) for w in sorted(BACK, key=len, reverse=True)) + "|.")


def well_formed(source):
    """Read LaTeX as TeX does: known commands, groups and environments that close, specials where they may be.

    Returns:
        The number of cells of each row of each ``tabular``.
    """
    groups, environments, rows, math = 0, [], [], False
    found = list(TOKEN.finditer(source))
    assert "".join(token[0] for token in found) == source and "\n\n\\toprule" not in source
    for token in found:
        word = token[0]
        if word.startswith("\\"):
            assert word[1:] in COMMANDS, word
            if word in ("\\begin", "\\end"):
                name = re.match(r"\{(\w+)\}", source[token.end() :])[1]
                if word == "\\begin":
                    environments.append(name)
                    rows += [[1]] if name == "tabular" else []
                else:
                    assert environments.pop() == name and not math and not groups
            elif word == "\\\\":
                assert environments[-1] == "tabular" and not groups and not math
                following = source[token.end() :].lstrip()
                assert not following.startswith(("[", "*")), "would be read as part of the end of the row"
                rows[-1].append(1)
        elif word == "{":
            groups += 1
        elif word == "}":
            groups -= 1
            assert groups >= 0
        elif word == "$":
            math = not math
        elif word == "&":
            assert environments[-1] == "tabular" and not groups and not math
            rows[-1][-1] += 1
        else:
            assert word not in '#%^_~<>|`"' or (math and word == "<"), f"{word} is not typeset as itself"
    assert not groups and not environments and not math
    return [table[:-1] for table in rows]


@given(st.text() | MARKED)
def test_text_comes_back(name):
    assert "".join(BACK.get(token, token) for token in WRITTEN.findall(latex.escape(name))) == flat(name)


@given(st.text() | MARKED)
@example("a---b")
@example(",,")
@example("'''")
def test_text_is_typeset_as_itself(name):
    written = latex.escape(name)
    well_formed(written)
    assert not re.search(r"--|,,|``|''(?!\})", written), "a ligature shows another character"


def test_a_hostile_table_is_well_formed(hostile):
    source = latex.render([hostile, hostile])
    assert well_formed(source) == [[4] * 4] * 2
    assert re.search(r"\\label\{tab:[A-Za-z0-9-]+\}", source)


def test_a_table_as_it_is_printed(small):
    assert latex.render([small]) == (
        "\\begin{table}\n\\centering\n"
        "\\caption{Short. d \\textperiodcentered{} m. How to read it.}\n\\label{tab:d-m-short}\n"
        "\\begin{tabular}{lrl}\n\\toprule\nattack & HIT & verdict \\\\\n\\midrule\n"
        "clean & $0.10$ [$0.08$, $0.12$] & \\textbf{holds} \\\\\n"
        "bra & \\textendash{} & \\textbf{fails} (too few) \\\\\n\\bottomrule\n\\end{tabular}\n"
        "\\par\\raggedright\\footnotesize\n\\textbf{not run} (no records): x\\par\na: b\\par\n\\end{table}\n"
    )
