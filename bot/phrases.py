"""Phrases as data: patterns of words, read so that a text is compared only with those it may hold.

A pattern is words with spaces between, as people write them, and these signs:

    {want}        any of the words or phrases listed under that name
    (a|b c)       one of these
    word?  (a|b)? may be left out
    (a|b)+ (a|b)* stands one to three times, or up to three
    word*         a word that begins so
    am[oo|u|]t    a word that is written in one of these ways ("amoot", "amut", "amt")
    #  ##         a number in digits; one of two digits or more
    ...           up to three words of any kind
    !word !(a|b)  this does not follow
    ^  $          the beginning, the end of the text

Case, accents, apostrophes and punctuation make no difference. A word with an apostrophe is found as one
word and as two ("d'en": "den", "d en"); one with ä, ö, ü, ø, å or æ also as it is typed without them.
"""

from __future__ import annotations

import functools
import itertools
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from bot.plain import typed

_SIGNS = re.compile(r"\s*(\.\.\.|\{\w+\}|[()|?!]|(?:\[[^\[\]\s]*\]|[^\s()|?!{}\[\]])+)")
_WAYS = re.compile(r"\[([^\]]*)\]")
_SHAPE_SIGNS = re.compile(r"(?:\[[^\]]*\]|\\.|.)[?*]?(?:\{[^}]*\}\??)?")
_PLAIN = re.compile(r"[\w' ]+\*?")
_NAMED = re.compile(r"\{(\w+)\}")
_ARABIC = re.compile(r"[\u0620-\u064a]")

_REPEATS = {"+": ("{1,3}", True), "*": ("{0,3}", False)}
"""Signs of repetition, how often, and whether what they stand after must be there."""

Names = Mapping[str, Sequence[str]]
"""Lists of words and phrases, by the name that a pattern calls them by."""


class PatternError(ValueError):
    """A pattern can't be read; the text says which, and why."""


@dataclass(frozen=True, slots=True)
class Part:
    """One place in a pattern.

    Attributes:
        spell: writes out its regular expression, which ends each word with a space.
        words: the words with which it may begin; those that end in "*" are beginnings of words.
        needed: whether it can't be left out.
        held: all the words in it.
    """

    spell: Callable[[], str]
    words: tuple[str, ...]
    needed: bool = True
    held: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Pattern:
    """A pattern that has been read.

    Attributes:
        spell: writes out its regular expression, and compiles it.
        anchors: words of which a text that holds it has one; with "*", beginnings of words.
        needs: of each of these too it has one.
        words: all that it may hold.
    """

    spell: Callable[[], re.Pattern[str]]
    anchors: tuple[str, ...]
    needs: tuple[frozenset[str], ...]
    words: frozenset[str]

    @property
    def shape(self) -> re.Pattern[str]:
        """The regular expression, written out and compiled when a text first may hold the pattern."""
        return self.spell()


def words_of(folded: str) -> list[str]:
    """Give the words of a folded text, without apostrophes and punctuation."""
    return folded.translate(_LETTERS).split()


_SIGNS_FOR_LETTERS = frozenset("@$!|*#")
_DISGUISED = re.compile(r"(?<=[a-z])[!|1](?=[a-z])")
_MASKED = re.compile(r"(?<=[a-z])[*#](?=[a-z])")


def spelt_out(folded: str) -> list[str]:
    """Give the words of a folded text as they are meant.

    Signs that stand for letters are written out ("k!ll", "su*cide", "$uicide"), and letters that stand alone
    in a row are joined ("s u i c i d e").
    """
    if not _SIGNS_FOR_LETTERS.isdisjoint(folded):
        folded = _MASKED.sub("", _DISGUISED.sub("i", folded.replace("@", "a").replace("$", "s")))
    return _joined(words_of(folded))


_SPELT_OUT = 4
"""From this many letters with spaces between on, they are taken for one word."""


def _joined(words: list[str]) -> list[str]:
    """Join letters that stand alone in a row, but for an answer before them ("7, s u i c i d e")."""
    if sum(len(word) == 1 for word in words) < _SPELT_OUT:
        return words
    joined: list[str] = []
    for alone, run in itertools.groupby(words, key=lambda word: len(word) == 1):
        letters = list(run)
        while alone and letters and letters[0].isdigit():
            joined.append(letters.pop(0))
        joined += ["".join(letters)] if alone and len(letters) >= _SPELT_OUT else letters
    return joined


class _Letters(dict[int, str]):
    """Letters and digits as they are, apostrophes away, all else a space; worked out when first met."""

    def __missing__(self, code: int) -> str:
        """Tell what one character becomes."""
        character = chr(code)
        kept = character if character.isalnum() else f" {character} " if character in _PICTURES else " "
        found = self[code] = "" if character == "'" else kept
        return found


_PICTURES = "\N{COFFIN}\N{HEADSTONE}\N{SKULL}\N{PISTOL}\N{HOCHO}\N{PILL}\N{KNOT}"
"""Pictures that stand for words."""


_LETTERS = _Letters()


def compiled(pattern: str, names: Names) -> Pattern:
    """Compile a pattern.

    Raises:
        PatternError: a sign is out of place, a name unknown, or nothing in it is needed.
    """
    parts = _parts(pattern, names)
    needed = [part for part in parts if part.needed and part.words]
    if not needed:
        msg = f"{pattern!r}: nothing in it must be there"
        raise PatternError(msg)
    rarest = max(needed, key=lambda part: min(len(word) for word in part.words))
    plain = (_set(part.words) for part in needed if not any(word[-1] == "*" for word in part.words))
    sets = tuple(sorted(plain, key=len))
    held = frozenset().union(*(part.held for part in parts))
    return Pattern(functools.cache(lambda: re.compile("(?<= )" + _in_a_row(parts))), rarest.words, sets, held)


def _in_a_row(parts: Iterable[Part]) -> str:
    return "".join(part.spell() for part in parts)


def _around(part: Part, before: str, after: str) -> Callable[[], str]:
    """Write out a part with signs around it."""
    return lambda: f"(?{before}{part.spell()}){after}"


def _plain(shape: str) -> Callable[[], str]:
    return lambda: shape


@functools.cache
def _set(words: tuple[str, ...]) -> frozenset[str]:
    return frozenset(words)


def _parts(pattern: str, names: Names) -> list[Part]:
    signs = _SIGNS.findall(pattern)
    if "".join(signs) != "".join(pattern.split()):
        msg = f"{pattern!r}: can't be read"
        raise PatternError(msg)
    parts: list[Part] = []
    left = iter(signs)
    for sign in left:
        if sign == "?":
            if not parts:
                msg = f"{pattern!r}: ? stands after what may be left out"
                raise PatternError(msg)
            last = parts[-1]
            parts[-1] = Part(_around(last, ":", "?"), last.words, needed=False, held=last.held)
        elif sign == "!":
            parts.append(_not_next(left, names, pattern))
        elif sign in _REPEATS:
            if not parts:
                msg = f"{pattern!r}: {sign} stands after what may be repeated"
                raise PatternError(msg)
            again, needed = _REPEATS[sign]
            last = parts[-1]
            parts[-1] = Part(_around(last, ":", again), last.words, needed and last.needed, last.held)
        elif sign == "(":
            parts.append(_either(_choices(left, pattern), names, pattern))
        elif sign in ")|":
            msg = f"{pattern!r}: {sign} without ("
            raise PatternError(msg)
        else:
            parts.append(_part(sign, names, pattern))
    return parts


def _not_next(left: Iterator[str], names: Names, pattern: str) -> Part:
    """Read what must not follow."""
    sign = next(left, "")
    if not sign or sign in "?|)!":
        msg = f"{pattern!r}: ! stands before what must not follow"
        raise PatternError(msg)
    part = _either(_choices(left, pattern), names, pattern) if sign == "(" else _part(sign, names, pattern)
    return Part(_around(part, "!", ""), part.words, needed=False, held=part.held)


def _choices(left: Iterator[str], pattern: str) -> list[str]:
    """Collect what stands between brackets, by choice; brackets inside stay as they are."""
    choices, depth = [""], 0
    for sign in left:
        if sign == ")" and not depth:
            return [choice for choice in choices if choice]
        if sign == "|" and not depth:
            choices.append("")
            continue
        depth += (sign == "(") - (sign == ")")
        choices[-1] += sign if sign == "?" else f" {sign}"
    msg = f"{pattern!r}: ( without )"
    raise PatternError(msg)


def _part(sign: str, names: Names, pattern: str) -> Part:
    if sign == "...":
        return Part(_plain("(?:[^ /]+ ){0,3}?"), (), needed=False)
    if sign in {"#", "##"}:
        return Part(_plain(f"[0-9]{{{len(sign)},}} "), ())
    if sign == "^":
        return Part(_plain("(?<![^ ] )"), (), needed=False)
    if sign == "$":
        return Part(_plain(r"(?=[ /]*\Z)"), (), needed=False)
    if sign.startswith("{"):
        return _listed(tuple(_written_out(sign[1:-1], names, pattern)))
    if "[" in sign and "(" in sign:
        msg = f"{pattern!r}: brackets of one kind inside the other"
        raise PatternError(msg)
    return _listed((sign,)) if "[" in sign else _word(sign)


def _written_out(name: str, names: Names, pattern: str) -> Iterator[str]:
    """Give the choices of a list, with those of the lists that they call by name in brackets."""
    if (listed := names.get(name)) is None:
        msg = f"{pattern!r}: there is no list named {name!r}"
        raise PatternError(msg)
    others = {key: value for key, value in names.items() if key != name}
    for choice in listed:
        yield _NAMED.sub(lambda named: f"({'|'.join(_written_out(named[1], others, pattern))})", choice)


@functools.cache
def _listed(choices: tuple[str, ...]) -> Part:
    """Join choices that call no list by name: read once, however many patterns call for them."""
    return _either(choices, {}, "|".join(choices))


def _either(choices: Iterable[str], names: Names, pattern: str) -> Part:
    """Join choices, the longest first, so that what follows is not cut short."""
    written = itertools.chain(*(_ways(choice) for choice in choices))
    parted = [
        [_word(word) for word in choice.split()] if _PLAIN.fullmatch(choice) else _parts(choice, names)
        for choice in sorted(written, key=len, reverse=True)
    ]
    firsts = [_begins(parts) for parts in parted]
    if not parted:
        msg = f"{pattern!r}: nothing to choose from"
        raise PatternError(msg)
    words = () if () in firsts else tuple(dict.fromkeys(itertools.chain(*firsts)))
    held = frozenset().union(*(part.held for parts in parted for part in parts))
    return Part(functools.cache(lambda: _merged(map(_in_a_row, parted))), words, held=held)


def _ways(choice: str) -> Iterator[str]:
    """Write out the ways in which words are written: "am[oo|u]t" is "amoot" and "amut"."""
    if "[" not in choice or "(" in choice:  # within brackets each word is written out by itself
        yield choice
        return
    pieces = _WAYS.split(choice)
    for ways in itertools.product(*(piece.split("|") for piece in pieces[1::2])):
        yield "".join(itertools.chain(*zip(pieces[::2], (*ways, ""), strict=True)))


class _Tree(dict[str, "_Tree"]):
    """What may stand next in a list of words, by one sign of their regular expressions; "" ends a word."""


def _merged(shapes: Iterable[str]) -> str:
    """Join regular expressions; those of plain words share their beginnings, which is faster to search."""
    tree = _Tree()
    for shape in shapes:
        node = tree
        for sign in [shape] if "(" in shape else _SHAPE_SIGNS.findall(shape):
            node = node.setdefault(sign, _Tree())
        node[""] = _Tree()
    return _branches(tree)


def _branches(tree: _Tree) -> str:
    choices = [sign + _branches(rest) for sign, rest in tree.items() if sign]
    if "" in tree:
        choices.append("")
    return choices[0] if len(choices) == 1 else f"(?:{'|'.join(choices)})"


def _begins(parts: Sequence[Part]) -> tuple[str, ...]:
    """Give words of which one must be there: those of the first place that can't be left out."""
    return next((part.words for part in parts if part.needed and part.words), ())


@functools.cache
def _word(sign: str) -> Part:
    stem, star = sign.removesuffix("*"), sign.endswith("*")
    forms = dict.fromkeys(form for form in _forms(stem) if form)
    if not forms:
        msg = f"{sign!r} is no word"
        raise PatternError(msg)
    tail = "[^ ]* " if star else " "
    shapes = "|".join(_proclitic(form) + re.escape(form).replace(r"\ ", " ") for form in forms)
    firsts = tuple(form.split()[0] + ("*" if star and " " not in form else "") for form in forms)
    ends = {} if not star else {form.split()[-1]: f"{form.split()[-1]}*" for form in forms}
    held = frozenset(ends.get(word, word) for form in forms for word in form.split())
    return Part(_plain(f"{shapes}{tail}" if len(forms) == 1 else f"(?:{shapes}){tail}"), firsts, held=held)


AND = "\u0648\u0641"
"""What stands for "and" and "so" in Arabic, written onto the word."""


def _proclitic(form: str) -> str:
    return f"[{AND}]?" if _ARABIC.match(form) else ""


def _forms(stem: str) -> Iterator[str]:
    """Give the ways in which a word is typed."""
    for form in typed(stem):
        yield " ".join(words_of(form))
        if "'" in form:
            yield " ".join(words_of(form.replace("'", " ")))
