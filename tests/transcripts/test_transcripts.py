"""Whole conversations, line by line, on both databases.

`ATTUNE_WRITE_TRANSCRIPTS=1 pytest tests/transcripts` writes down what people now receive.
"""

from __future__ import annotations

import ast
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.databases import Databases, migrated
from tests.transcripts.harness import Played, play

HERE = Path(__file__).parent
TRANSCRIPTS = {path.stem: path.read_text(encoding="utf-8") for path in sorted(HERE.glob("*.txt"))}
BOT = HERE.parents[1] / "bot"

_played: dict[str, Played] = {}


@pytest.mark.parametrize("name", TRANSCRIPTS)
async def test_everybody_receives_what_the_transcript_says(name: str, migrated_url: str) -> None:
    played = _played[name] = await play(TRANSCRIPTS[name], migrated_url)
    if os.environ.get("ATTUNE_WRITE_TRANSCRIPTS"):
        _write(name, played.text)
    else:
        assert played.text.splitlines() == TRANSCRIPTS[name].splitlines()


def _write(name: str, text: str) -> None:
    (HERE / f"{name}.txt").write_text(text, encoding="utf-8")


@pytest.fixture
def ready(databases: Databases) -> Databases:
    """Give databases whose template is migrated: that can't be done while a loop runs."""
    with databases.fresh("sqlite", migrated):
        return databases


@pytest.fixture
async def all_played(ready: Databases) -> dict[str, Played]:
    """Give every transcript, played."""
    for name, transcript in TRANSCRIPTS.items():
        if name not in _played:
            with ready.fresh("sqlite", migrated) as url:
                _played[name] = await play(transcript, url)
    return _played


async def test_every_message_that_can_be_sent_is_in_a_transcript(all_played: dict[str, Played]) -> None:
    used = frozenset().union(*(one.used for one in all_played.values()))
    assert sorted(texts() - used - NEVER_SENT) == []


async def test_no_log_line_holds_words_names_or_addresses(all_played: dict[str, Played]) -> None:
    logs = [line for one in all_played.values() for line in one.logs]
    assert any("A message could not be worked on" in line for line in logs), "the logs were not seen"
    for name, one in all_played.items():
        for line in one.logs:
            told = [secret for secret in one.secrets if secret in line]
            assert not told, f"{name}: {line}"


async def test_clients_read_short_plain_messages(all_played: dict[str, Played]) -> None:
    """GSM-7 letters only, and questions within two segments, or an SMS costs double."""
    plain = {name: one for name, one in all_played.items() if one.language in WHOLE_IN_GSM}
    for name, one in plain.items():
        for reader, text in one.sent:
            if reader in {"client", "other", "stranger"}:
                assert set(text) <= GSM_7, f"{name}: {set(text) - GSM_7} in {text!r}"
                whole = "\n2. " in text or text.startswith(UNALTERED)
                longest = FOUR_SEGMENTS if whole else TWO_SEGMENTS
                assert "0 = " not in text or len(text) <= longest, f"{name}: {text!r}"


STANDS_IN = frozenset({"{rule}: {was} to {now}", "Number {number}"})
"""What stands in for the words of a rule or an item that has none yet; all that ship have theirs."""

DRAWN = frozenset(
    {
        "How you have been",
        "The higher the line, the better things were for you.",
        "Ups and downs are part of it. If you like, talk about it at your next session.",
        "You are at {last} of 40 now.",
        "You started at {first} of 40, and now you are at {last}. Your own best so far: {best}.",
        "Your answers will show here.",
        "where you are now",
        "where you started",
        "your own best",
    }
)
"""What stands on a client's own picture, which a command draws: see tests/bot/test_charts_text.py."""

ELSEWHERE = frozenset(
    {
        "(From a paper form: no text could be sent to them.)",  # tests/bot/test_asking_measures.py
        "Expected line: fitted to {number} closed therapies here.",  # tests/bot/test_trajectories.py
        "Expected line: the {number} most similar clients here.",  # the same
        "Highest: {label}, {now}",  # tests/bot/test_wording.py
        "{item} got worse: {was} to {now}",  # of a site's own measure: the same
        # tests/bot/test_cli_sessions.py
        "The clocks go back then and show {time} twice: the first was taken.",
        "The clocks go forward then and leave {time} out: the first minute after that was taken.",
    }
)
"""What only a site that no transcript tells of sends; each by the test that reads it."""

NEVER_SENT = STANDS_IN | DRAWN | ELSEWHERE

WHOLE_IN_GSM = ("da", "de", "en")
"""Languages of which every letter is in the alphabet of a text message."""

UNALTERED = "Over the last 2 weeks"
"""How official texts begin, which may not be made shorter."""

TWO_SEGMENTS = 2 * 153
"""Source: Twilio, what-the-heck-is-a-segment: 153 letters in each part of a longer message."""

FOUR_SEGMENTS = 4 * 153
"""What all questions in one message may take: put one by one they take five, and four answers."""

GSM_7 = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    "ÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
"""Source: 3GPP TS 23.038, the basic character set."""


def texts() -> frozenset[str]:
    """Give every text that the bot's code passes to `language.text`."""
    return frozenset(_text(call) for path in sorted(BOT.rglob("*.py")) for call in _calls(path))


def _calls(path: Path) -> Iterator[ast.Call]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "language.text":
            yield node


def _text(call: ast.Call) -> str:
    (argument,) = call.args
    assert isinstance(argument, ast.Constant), f"line {call.lineno}: only a whole text can be translated"
    assert isinstance(argument.value, str)
    return argument.value
