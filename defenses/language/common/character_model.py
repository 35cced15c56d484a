"""A model of which character follows which, for titles of one shop."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Sequence

BEGIN, END = "\x02", "\x03"


class CharacterModel:
    """An n-gram model of characters with Witten and Bell's interpolation.

    The probability of a character after a context mixes how often it stood there with its probability after the context
    without its first character; the more different characters stood there, the less the context counts (Witten and
    Bell, IEEE Transactions on Information Theory 37, 1991; method C). What is mixed into the shortest context is one of
    2^16 characters, all of them equally likely.

    Args:
        titles: What it learns from.
        order: Characters of the longest context.
    """

    def __init__(self, titles: Sequence[str], order: int) -> None:
        self._order = order
        self._follows: dict[str, Counter[str]] = defaultdict(Counter)
        for title in titles:
            text = BEGIN * order + title + END
            for place in range(order, len(text)):
                for start in range(place - order, place + 1):
                    self._follows[text[start:place]][text[place]] += 1
        self._totals = {context: sum(counts.values()) for context, counts in self._follows.items()}

    def probability(self, character: str, context: str) -> float:
        """Return the probability of a character after a context, of which the last ``order`` characters count."""
        found = 1 / 2**16
        context = context[-self._order :] if self._order else ""
        for start in range(len(context), -1, -1):
            counts = self._follows.get(context[start:])
            if counts is None:
                break
            kinds, total = len(counts), self._totals[context[start:]]
            found = (counts[character] + kinds * found) / (total + kinds)
        return found

    def perplexity(self, title: str) -> float:
        """Return the perplexity per character of a title and of its end."""
        text = BEGIN * self._order + title + END
        places = range(self._order, len(text))
        logs = [math.log(self.probability(text[place], text[place - self._order : place])) for place in places]
        return math.exp(-sum(logs) / len(logs))
