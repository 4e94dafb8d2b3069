"""In which language a client is written to: as enrolled, as their Telegram says, or as they ask."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from bot.languages import LANGUAGES
from bot.service import people, preferences
from bot.service.people import PeopleError
from bot.service.preferences import Change
from storage import tables as t
from tests.world import CLIENT, THERAPIST, World, opened

ASKED = {
    "en": "english please",
    "es": "¿español?",
    "de": "auf Deutsch bitte",
    "fr": "en français ?",
    "nl": "in het nederlands graag",
    "da": "på dansk tak",
    "ar": "بالعربية",
}
"""How somebody asks for each language that ships."""

OTHERS = [code for code in LANGUAGES if code != "en"]


async def language_of(world: World) -> str:
    """Give the code that is kept of the client."""
    async with world.service.desk() as desk:
        return (await people.known(desk, "AB")).language


async def changes(world: World) -> list[str]:
    """Give who changed something about the client, from the audit trail."""
    async with world.store.engine.connect() as connection:
        rows = await connection.execute(sa.select(t.audit.c.actor).where(t.audit.c.action == "changed"))
        return list(rows.scalars())


def test_every_language_is_asked_for_here() -> None:
    assert set(LANGUAGES) <= set(ASKED)


# As the network says


@pytest.mark.parametrize("tag", ["en", "en-GB", "EN_us"])
async def test_who_was_enrolled_without_a_language_gets_that_of_their_telegram(
    migrated_url: str, tag: str
) -> None:
    async with opened(migrated_url) as world:
        await world.add_therapist()
        await world.add_client(address=None, language="")
        async with world.service.desk() as desk:
            token = (await people.invite(desk, client="AB")).token
        await world.hear(f"/start {token}", language=tag)
        assert await language_of(world) == "en"
        assert await changes(world) == ["network"]
        assert "Write AGREE" in world.channel.texts(CLIENT)[-1]


@pytest.mark.parametrize(("enrolled", "tag"), [("", None), ("", "tlh"), ("", ""), ("en", "es")])
async def test_a_language_that_was_chosen_or_does_not_ship_changes_nothing(
    migrated_url: str, enrolled: str, tag: str | None
) -> None:
    async with opened(migrated_url) as world:
        await world.add_therapist()
        await world.add_client(address=None, language=enrolled)
        async with world.service.desk() as desk:
            token = (await people.invite(desk, client="AB")).token
        await world.hear(f"/start {token}", language=tag)
        assert await language_of(world) == enrolled
        assert await changes(world) == []


# As the client asks


@pytest.mark.parametrize("code", OTHERS)
async def test_a_client_changes_the_language_with_nothing_open(world: World, code: str) -> None:
    await world.hear(ASKED[code])
    assert await language_of(world) == code
    assert await changes(world) == ["client"]
    (said,) = world.channel.texts(CLIENT)
    assert LANGUAGES[code].name in said
    assert world.channel.texts(THERAPIST) == []


@pytest.mark.parametrize("code", OTHERS)
async def test_the_open_question_is_put_again_in_the_new_language(world: World, code: str) -> None:
    await world.ask()
    await world.hear("7")
    await world.hear(ASKED[code])
    item = LANGUAGES[code].measures["ors"].items["interpersonal"]
    assert item.question in world.channel.texts(CLIENT)[-1]
    await world.hear("6")
    assert LANGUAGES[code].measures["ors"].items["social"].question in world.channel.texts(CLIENT)[-1]


@pytest.mark.parametrize("code", OTHERS)
async def test_consent_is_asked_for_again_in_the_new_language(migrated_url: str, code: str) -> None:
    async with opened(migrated_url) as world:
        await world.add_therapist()
        await world.add_client()
        async with world.service.desk() as desk:
            await people.invite(desk, client="AB")
        await world.send_out()
        await world.hear(ASKED[code])
        first, again = world.channel.texts(CLIENT)
        assert first != again
        assert "STOP" in again


async def test_who_asks_for_the_language_they_have_is_told_so(world: World) -> None:
    await world.hear("English please")
    assert world.channel.texts(CLIENT) == ["From now on I write to you in English."]
    assert await changes(world) == []


async def test_mid_check_in_the_same_language_puts_the_question_again(world: World) -> None:
    await world.ask()
    await world.hear("english")
    first, again = world.channel.texts(CLIENT)
    assert "1/4" in first
    assert again.startswith("1/4")
    await world.hear("7")
    assert "2/4" in world.channel.texts(CLIENT)[-1]


async def test_after_a_crisis_no_question_is_put_by_asking_for_a_language(world: World) -> None:
    await world.ask()
    await world.hear("i want to die")
    await world.hear("english")
    assert world.channel.texts(CLIENT)[-1] == "From now on I write to you in English."


async def test_after_a_stop_asking_for_a_language_is_kept_and_not_answered(world: World) -> None:
    await world.hear("stop")
    world.forget()
    await world.hear("english")
    assert world.channel.sent == []


# As an administrator sets


async def test_an_administrator_changes_how_a_client_is_asked(world: World) -> None:
    async with world.service.desk() as desk:
        await preferences.change(
            desk, "AB", Change(zone="Europe/Madrid", country="ES", ask="together", discreet=True)
        )
    async with world.service.desk() as desk:
        client = await people.known(desk, "AB")
        (schedule,) = await desk.tx.schedules.of([client.id])
    assert (client.zone, client.country, client.ask, client.discreet) == (
        "Europe/Madrid",
        "ES",
        "together",
        True,
    )
    assert schedule.next_due_at.hour == 17
    assert await changes(world) == ["administrator"]
    async with world.service.desk() as desk:
        client = await preferences.change(desk, "AB", Change(ask=preferences.AS_THE_SCHEDULE_SAYS))
        assert client.ask is None
        assert client.discreet


async def test_a_change_that_changes_nothing_is_none(world: World) -> None:
    async with world.service.desk() as desk:
        await preferences.change(desk, "AB", Change(language="en", discreet=False))
    assert await changes(world) == []


async def test_nobody_is_changed_who_is_not_there(world: World) -> None:
    with pytest.raises(PeopleError, match="there is no client ZZ"):
        async with world.service.desk() as desk:
            await preferences.change(desk, "ZZ", Change(language="en"))
