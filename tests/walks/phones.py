"""People with Telegram on their phones, for walks: what they see, write and press."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bot.languages import LANGUAGES
from scoring.instruments import INSTRUMENTS, PAIR
from tests.fakes.telegram import FakeTelegram
from tests.fakes.telegram_world import ChatMessage
from tests.walks.attune import PATIENCE

QUESTIONS = {
    (measure, place): LANGUAGES["en"].measures[measure].items[item].question
    for measure in PAIR
    for place, item in enumerate(INSTRUMENTS[measure].items)
}
"""What each question of ORS and SRS asks, by its place from 0 on."""


@dataclass(frozen=True, slots=True)
class Phone:
    """One person's chat with the bot."""

    telegram: FakeTelegram
    chat: int

    @property
    def seen(self) -> list[ChatMessage]:
        """What the bot wrote, as it stands now, oldest first."""
        return self.telegram.from_bot(self.chat)

    def write(self, text: str) -> None:
        """Write a message."""
        self.telegram.write(self.chat, text)

    def open_link(self, link: str) -> None:
        """Open an invitation's link, and press Start."""
        self.write(f"/start {link.strip().rpartition('start=')[2]}")

    def press(self, label: str, message: ChatMessage | None = None) -> None:
        """Press a button: of `message`, or of the newest that has it."""
        on = message or next(one for one in reversed(self.seen) if label in one.labels)
        data = next(data for data in sorted(on.offered) if data in self._data(on, label))
        self.telegram.press(self.chat, on.message_id, data)

    @staticmethod
    def _data(message: ChatMessage, label: str) -> Iterator[str]:
        yield from (button.data for row in message.keyboard for button in row if button.label == label)

    async def sees(self, words: str, times: int = 1) -> ChatMessage:
        """Wait until the bot has written something with these words, so often, and give the latest."""
        await self.telegram.until(lambda: len(self.showing(words)) >= times, PATIENCE)
        return self.showing(words)[-1]

    def showing(self, words: str) -> list[ChatMessage]:
        """Give the bot's messages in which these words stand or once stood."""
        return [one for one in self.seen if any(words in text for text in (one.text, *one.earlier))]
