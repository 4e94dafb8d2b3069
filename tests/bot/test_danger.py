"""What finds danger is kept whole, given back the same, and passed over once anything has changed."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot import danger, keeping
from bot.languages import LANGUAGES, RISK_FILES
from bot.phrasebook import Index
from bot.phrases import compiled, spelt_out
from bot.plain import fold

MADE_FROM = bytes(range(32))


@pytest.fixture(scope="module")
def made() -> danger.Compiled:
    """Compile it from the files, whatever is kept."""
    return danger.compiled_now()


@pytest.fixture(scope="module")
def content(made: danger.Compiled) -> bytes:
    """Give what is kept of it."""
    return danger.stored(made, MADE_FROM)


def test_what_is_kept_is_given_back_the_same(made: danger.Compiled, content: bytes) -> None:
    assert danger.restored(content, MADE_FROM) == made


@pytest.mark.parametrize(
    "text",
    ["i want to die", "quiero morir", "ich will nicht mehr leben", "dying of laughter", "k!ll myself", "7"],
)
def test_it_finds_the_same(made: danger.Compiled, content: bytes, text: str) -> None:
    back = danger.restored(content, MADE_FROM)
    assert back is not None
    words = spelt_out(fold(text))
    assert back.phrases.book().found(words) == made.phrases.book().found(words)


def test_what_was_made_from_something_else_is_passed_over(content: bytes) -> None:
    assert danger.restored(content, bytes(32)) is None


@pytest.mark.parametrize("place", [0, 31, 32, 63, 64, 100_000, -1])
def test_what_is_damaged_is_passed_over(content: bytes, place: int) -> None:
    damaged = bytearray(content)
    damaged[place] ^= 1
    assert danger.restored(bytes(damaged), MADE_FROM) is None


@pytest.mark.parametrize("length", [0, 10, 63, 64, 5_000])
def test_what_is_cut_short_is_passed_over(content: bytes, length: int) -> None:
    assert danger.restored(content[:length], MADE_FROM) is None


def test_every_file_of_danger_and_every_module_has_a_say(monkeypatch: pytest.MonkeyPatch) -> None:
    made_from = dict(danger.made_from())
    files = {f"{code}/{name}" for code in LANGUAGES for name in RISK_FILES}
    assert files < made_from.keys()
    before = danger.digest()
    for name, whole in made_from.items():
        changed = {**made_from, name: whole + b" "}
        monkeypatch.setattr(danger, "made_from", changed.items)
        assert danger.digest() != before, name


def test_every_module_that_it_is_made_by_is_named() -> None:
    """What these import of ours is looked at too: a change there may change what comes of the files."""
    ours = {name for name, _ in danger.made_from()}
    package = Path(danger.__file__).parent
    for name in [one for one in ours if (package / f"{one}.py").is_file()]:
        lines = (package / f"{name}.py").read_text().splitlines()
        imported = {line.split()[1] for line in lines if line.startswith("from bot.")}
        names = {one.removeprefix("bot.").replace(".", "/") for one in imported}
        assert {one for one in names if one not in ours} <= ALREADY_MADE, name


ALREADY_MADE = {"languages", "languages/measure_words", "languages/reader_words", "languages/session_words"}
"""The first is languages/__init__; the others read what has nothing to do with danger."""


def test_it_is_kept_once_and_read_from_then_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = tmp_path / "folder" / "it.kept"
    monkeypatch.setattr(danger, "place", lambda: place)
    monkeypatch.setattr(danger, "is_kept", lambda: False)
    assert danger.kept() is None
    assert keeping.keep()
    assert danger.kept() == danger.compiled()
    assert [one.name for one in place.parent.iterdir()] == ["it.kept"]
    place.write_bytes(b"")
    assert danger.kept() is None


def test_where_it_cannot_be_kept_nothing_else_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setattr(danger, "place", lambda: tmp_path / "file" / "it.kept")
    monkeypatch.setattr(danger, "is_kept", lambda: False)
    assert not keeping.keep()


def test_patterns_are_added_behind_those_there_are(made: danger.Compiled) -> None:
    index = made.phrases.index
    both = index.with_patterns([compiled("blue bicycle", {}), compiled("(red|green) gate", {})])
    assert both.needs[: len(index.needs)] == index.needs
    assert both.words["bicycle"][-1] == len(index.needs)
    used = {number for need in index.needs for number in need}
    assert not used & {number for need in both.needs[len(index.needs) :] for number in need}
    assert isinstance(both, Index)
