"""Tables of some hundred thousand numbers, packed: dictionaries of them would take ten times the memory."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from hashlib import blake2b
from typing import NamedTuple, Self

_NAME = 8
"""Bytes that stand for a name: by chance two of a hundred thousand are the same once in 10^9 tables."""


class Pairs(NamedTuple):
    """Weights of pairs of numbers from 1 on; 0 stands for what has no number, and has no pair.

    Attributes:
        starts: by the first of a pair, where those with it begin; one more at the end.
        seconds: the second of each pair, rising among those with the same first.
        weights: what each weighs.
    """

    starts: array[int]
    seconds: array[int]
    weights: array[int]

    @classmethod
    def of(cls, weights: Mapping[str, int], numbers: Mapping[str, int]) -> Self:
        """Pack the weights of pairs that are written with a space between, given what is numbered."""
        listed = sorted(
            (numbers[first], numbers[second], weight)
            for (first, second), weight in ((name.split(), weight) for name, weight in weights.items())
        )
        firsts = [first for first, _, _ in listed]
        return cls(
            array("i", (bisect_left(firsts, number) for number in range(len(numbers) + 2))),
            array("i", (second for _, second, _ in listed)),
            array("i", (weight for _, _, weight in listed)),
        )

    def weight(self, first: int, second: int) -> int:
        """Give what a pair weighs, which is 0 where it is not here."""
        end = self.starts[first + 1]
        place = bisect_left(self.seconds, second, self.starts[first], end)
        return self.weights[place] if place < end and self.seconds[place] == second else 0

    def along(self, numbers: Sequence[int], reach: int) -> int:
        """Add up what all pairs weigh whose second stands at most `reach` places behind the first."""
        starts, seconds, weights = self
        total = 0
        for behind, first in enumerate(numbers, 1):
            begin, end = starts[first], starts[first + 1]
            if begin == end:
                continue
            for second in numbers[behind : behind + reach]:
                place = bisect_left(seconds, second, begin, end)
                if place < end and seconds[place] == second:
                    total += weights[place]
        return total


class Hashed(NamedTuple):
    """Weights by name, of which a number of 64 bits is kept in the place of the name.

    Attributes:
        names: those numbers, rising.
        weights: what each weighs.
    """

    names: array[int]
    weights: array[int]

    @classmethod
    def of(cls, weights: Mapping[str, int]) -> Self:
        """Pack weights.

        Raises:
            ValueError: two names have the same number.
        """
        listed = sorted((_number(name), weight) for name, weight in weights.items())
        names = array("Q", (number for number, _ in listed))
        if len(set(names)) < len(names):
            msg = "two names have the same number: take more bytes"
            raise ValueError(msg)
        return cls(names, array("i", (weight for _, weight in listed)))

    def weight(self, name: str) -> int:
        """Give what a name weighs, which is 0 where it is not here."""
        number = _number(name)
        place = bisect_left(self.names, number)
        return self.weights[place] if place < len(self.names) and self.names[place] == number else 0


def _number(name: str) -> int:
    return int.from_bytes(blake2b(name.encode("utf-8", "surrogatepass"), digest_size=_NAME).digest(), "big")


def plain(packed: Pairs | Hashed) -> tuple[bytes, ...]:
    """Give the numbers as bytes of this machine, to be kept."""
    return tuple(column.tobytes() for column in packed)


def pairs(columns: Sequence[bytes]) -> Pairs:
    """Give back pairs that were kept."""
    starts, seconds, weights = (array("i", column) for column in columns)
    return Pairs(starts, seconds, weights)


def hashed(columns: Sequence[bytes]) -> Hashed:
    """Give back weights by name that were kept."""
    names, weights = columns
    return Hashed(array("Q", names), array("i", weights))


MACHINE = array("Q", (1,)).tobytes() + array("i", (1,)).tobytes()
"""How this machine writes numbers: what another kept may mean something else here."""
