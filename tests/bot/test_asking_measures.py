"""The measures beside the pair, walked through the front door: asked, answered, judged, and their dangers."""

from __future__ import annotations

import dataclasses

import pytest
import sqlalchemy as sa

from bot.ladder import Rung
from bot.languages import LANGUAGES
from bot.service import goals, people
from bot.service.people import PeopleError
from bot.service.preferences import Change, change
from bot.service.schedules import let_go
from bot.timetable import Routine
from scoring.instrument import AgeGroup
from scoring.rules import Severity
from storage import tables as t
from storage.records import Alert, CheckInState
from tests.world import CLIENT, THERAPIST, WEEKLY, World

ENGLISH = LANGUAGES["en"]
HELP = "Please talk to a person now."
NINTH = "Thoughts that you would be better off dead or of hurting yourself in some way"
EIGHT = "1 1 1 1 1 1 1 1"


async def alerts(world: World) -> list[Alert]:
    """Load every alert, the oldest first."""
    async with world.store.reading() as tx:
        return sorted(await tx.alerts.recent(20), key=lambda one: one.id)


async def states(world: World, measure: str) -> list[str]:
    """Give how the check-ins of a measure stand."""
    async with world.store.engine.connect() as connection:
        rows = await connection.execute(
            sa.select(t.check_ins.c.state).where(t.check_ins.c.measure == measure).order_by(t.check_ins.c.id)
        )
        return list(rows.scalars())


async def answer(world: World, *texts: str) -> None:
    """Let the client answer question by question."""
    for text in texts:
        await world.hear(text)


# PHQ-9


async def test_phq9_is_asked_in_its_official_text_and_scored(world: World) -> None:
    await world.ask("phq9")
    first = world.channel.texts(CLIENT)[-1]
    assert ENGLISH.measures["phq9"].stem in first
    assert "1/9 Little interest or pleasure in doing things\n0 = Not at all, 1 = Several days" in first
    await answer(world, "7")
    assert world.channel.texts(CLIENT)[-1].startswith("The scale runs from 0 (Not at all) to 3")
    await answer(world, *(["several days", "2"] * 4), "not at all")
    async with world.store.engine.connect() as connection:
        (row,) = (await connection.execute(sa.select(t.scores.c["items"], t.scores.c.total))).all()
    assert (row[0], row[1]) == ([10, 20] * 4 + [0], 120)
    assert await states(world, "phq9") == ["complete"]
    assert await alerts(world) == [], "a first total has nothing to be compared with"


async def test_item_nine_is_a_crisis_with_its_text_its_alert_and_its_ladder(world: World) -> None:
    await world.ask("phq9")
    await answer(world, *EIGHT.split())
    world.forget()
    await answer(world, "several days")
    assert HELP in world.channel.texts(CLIENT)[-1]
    assert "write continue" not in world.channel.texts(CLIENT)[-1], "nothing is left to go on with"
    (alert,) = [one for one in await alerts(world) if one.severity is Severity.URGENT]
    assert alert.climb_at is not None
    assert alert.words == (f"{NINTH}: 1 = Several days",)
    (told,) = [text for text in world.channel.texts(THERAPIST) if text.startswith("URGENT")]
    assert f'"{NINTH}: 1 = Several days"' in told
    assert await states(world, "phq9") == ["complete"], "the answer is kept"
    world.clock.wait(minutes=15)
    await world.tick()
    (alert,) = [one for one in await alerts(world) if one.severity is Severity.URGENT]
    assert alert.rung == Rung.AGAIN


async def test_an_answer_that_tells_of_danger_is_nobodys_remark(world: World) -> None:
    await world.ask("phq9")
    await answer(world, *EIGHT.split(), "2")
    async with world.store.engine.connect() as connection:
        assert (await connection.execute(sa.select(sa.func.count()).select_from(t.remarks))).scalar_one() == 0


@pytest.mark.parametrize(
    ("ninth", "said", "alarms"), [("0", "sorry, 1", 1), ("1", "sorry, 2", 2), ("2", "sorry, 0", 1)]
)
async def test_a_correction_of_item_nine_alarms_where_it_is_a_higher_answer(
    world: World, ninth: str, said: str, alarms: int
) -> None:
    await world.ask("phq9")
    await answer(world, *EIGHT.split(), ninth, said)
    assert sum(HELP in text for text in world.channel.texts(CLIENT)) == alarms
    assert len([one for one in await alerts(world) if one.severity is Severity.URGENT]) == 1


async def test_a_correction_beyond_the_scale_changes_nothing(world: World) -> None:
    await world.ask("phq9")
    await answer(world, *EIGHT.split(), "0", "sorry, 6")
    assert "no question open" in world.channel.texts(CLIENT)[-1]
    async with world.store.reading() as tx:
        (check_in,) = await tx.check_ins.by_id([1])
    assert check_in.marks[-1] == 0


async def test_a_paper_form_with_item_nine_goes_the_same_way(world: World) -> None:
    await world.past("phq9", [0] * 8 + [1], days=0)
    await world.send_out()
    assert HELP in world.channel.texts(CLIENT)[-1]
    (alert,) = await alerts(world)
    assert (alert.severity, alert.words) == (Severity.URGENT, (f"{NINTH}: 1 = Several days",))
    assert alert.climb_at is not None


async def test_of_a_paper_form_without_an_address_the_alert_says_that_no_text_went_out(world: World) -> None:
    await world.hear("STOP")
    async with world.store.engine.begin() as connection:
        await connection.execute(
            sa.update(t.addresses).where(t.addresses.c.client_id == 1).values(client_id=None)
        )
    world.forget()
    await world.past("phq9", [0] * 8 + [3], days=0)
    await world.send_out()
    assert world.channel.texts(CLIENT) == []
    (alert,) = [one for one in await alerts(world) if one.severity is Severity.URGENT]
    assert alert.words == (
        f"{NINTH}: 3 = Nearly every day",
        "(From a paper form: no text could be sent to them.)",
    )


async def test_an_older_paper_form_is_no_crisis_of_today(world: World) -> None:
    await world.past("phq9", [0] * 9, days=1)
    await world.past("phq9", [0] * 8 + [3], days=30)
    assert await alerts(world) == []


@pytest.mark.parametrize("points", [[0] * 8 + [4], [0] * 8 + [0.5], [0] * 8])
async def test_a_paper_form_off_the_scale_is_refused(world: World, points: list[float]) -> None:
    with pytest.raises(PeopleError, match=r"^phq9 takes (whole numbers from 0 to 3$|9 answers, not 8)"):
        await world.past("phq9", points, days=0)


async def test_depression_that_grows_is_told_as_worse_and_not_as_lower(world: World) -> None:
    await world.past("phq9", [1] * 8 + [0], days=7)
    world.forget()
    await world.past("phq9", [2] * 7 + [1, 0], days=0)
    await world.send_out()
    (told,) = world.channel.texts(THERAPIST)
    assert told.startswith("Alert 1: AB, depression (PHQ-9)\n- Reliably worse than at the start: 8 to 15\n")
    assert "- Got much worse since last time: 8 to 15" in told
    assert "Got worse most: Interest or pleasure, 1 to 2" in told
    assert "indicative" not in told
    assert "lower" not in told
    assert "fell" not in told.lower()
    assert 'You might ask: "Your answers point to more trouble than before.' in told


async def test_what_was_told_of_another_measure_is_still_news(world: World) -> None:
    """A deterioration by ORS says nothing of one by PHQ-9: each is told once."""
    for measure, first, last in (("ors", [7] * 4, [3] * 4), ("phq9", [1] * 8 + [0], [2] * 8 + [0])):
        await world.past(measure, first, days=14)
        await world.past(measure, last, days=7)
    assert len(await alerts(world)) == 2
    for measure, again in (("ors", [3] * 4), ("phq9", [2] * 8 + [0])):
        await world.past(measure, again, days=1)
    rules = [{each.rule for each in one.findings} for one in await alerts(world)]
    assert all("deterioration" in one for one in rules[:2])
    assert len(rules) <= 4


# Who can be asked


async def test_a_language_without_an_official_text_does_not_offer_it(world: World) -> None:
    async with world.service.desk() as desk:
        await change(desk, "AB", Change(language="de"))
    with pytest.raises(PeopleError) as raised:
        await world.ask("phq9")
    assert str(raised.value) == "phq9 has no text in Deutsch that may be used; it can be asked in English"


async def test_an_official_text_is_not_put_into_hints_for_a_shared_phone(world: World) -> None:
    async with world.service.desk() as desk:
        await change(desk, "AB", Change(discreet=True))
    with pytest.raises(PeopleError, match=r"^phq9 can't be asked on a shared phone"):
        await world.ask("phq9")


async def test_who_changes_language_meanwhile_is_asked_on_in_the_official_text(world: World) -> None:
    await world.ask("phq9")
    await world.hear("Deutsch")
    assert "Little interest or pleasure in doing things" in world.channel.texts(CLIENT)[-1]
    await world.hear("2")
    assert "Feeling down, depressed, or hopeless" in world.channel.texts(CLIENT)[-1]


async def test_a_schedule_leaves_out_what_a_client_cannot_be_asked(world: World) -> None:
    policy = world.service.policy
    routine: Routine = dataclasses.replace(WEEKLY, measures=("phq9", "goals", "ors"))
    world.service.policy = dataclasses.replace(policy, routines={"weekly": routine})
    async with world.service.desk() as desk:
        await change(desk, "AB", Change(language="de"))
    world.clock.wait(days=1)
    await world.tick()
    async with world.store.reading() as tx:
        unfinished = await tx.check_ins.unfinished()
    assert [one.measure for one in unfinished] == ["ors"]


# Children


async def test_a_child_is_asked_in_simpler_words_of_the_same_areas(world: World) -> None:
    async with world.store.engine.begin() as connection:
        await connection.execute(sa.update(t.clients).values(age_group=AgeGroup.CHILD))
    await world.ask("ors")
    words = ENGLISH.to_children["ors"]
    first = world.channel.texts(CLIENT)[-1]
    assert words.intro in first
    assert words.items["individual"].question in first
    await answer(world, "7")
    assert words.items["interpersonal"].question in world.channel.texts(CLIENT)[-1]


async def test_a_childs_recovery_is_not_claimed_by_the_licence_for_adults(world: World) -> None:
    adult = dataclasses.replace(ENGLISH.measures["ors"], ours=False)
    world.service.policy = dataclasses.replace(world.service.policy, wording={("ors", "en"): adult})
    await world.past("ors", [7] * 4, days=7)
    await world.past("ors", [3] * 4, days=0)
    async with world.store.engine.begin() as connection:
        await connection.execute(sa.update(t.clients).values(age_group=AgeGroup.CHILD))
    await world.past("ors", [1] * 4, days=0)
    world.clock.wait(days=1)
    await world.send_out()
    grown, child = (text for text in world.channel.texts(THERAPIST) if text.startswith("Alert"))
    assert "indicative" not in grown
    assert "indicative" in child


# Goals


async def set_goals(world: World, *texts: str) -> None:
    """Give the client goals."""
    async with world.service.desk() as desk:
        for text in texts:
            await goals.add(desk, "AB", text)


async def test_goals_are_asked_in_the_clients_own_words(world: World) -> None:
    await set_goals(world, "sleep  through the night", "call {my} sister")
    await world.ask("goals")
    assert '1/2 How close are you now to this: "sleep through the night"?' in world.channel.texts(CLIENT)[-1]
    await answer(world, "4")
    assert '2/2 How close are you now to this: "call {my} sister"?' in world.channel.texts(CLIENT)[-1]
    await answer(world, "6.5")
    async with world.store.engine.connect() as connection:
        (total,) = (await connection.execute(sa.select(t.scores.c.total))).scalars()
    assert total == 105
    assert await states(world, "goals") == ["complete"]
    assert await alerts(world) == [], "a trend is never judged"


async def test_goals_are_put_together_too(world: World) -> None:
    async with world.service.desk() as desk:
        await change(desk, "AB", Change(ask="together"))
    await set_goals(world, "sleep", "walk", "call")
    await world.ask("goals")
    assert '3. How close are you now to this: "call"?' in world.channel.texts(CLIENT)[-1]
    await answer(world, "4 5 6")
    assert await states(world, "goals") == ["complete"]


async def test_on_a_shared_phone_no_goal_is_named(world: World) -> None:
    async with world.service.desk() as desk:
        await change(desk, "AB", Change(discreet=True))
    await set_goals(world, "leave him")
    world.forget()
    await world.ask("goals")
    assert "leave him" not in world.channel.texts(CLIENT)[-1]
    assert "Number 1" in world.channel.texts(CLIENT)[-1]


async def test_goals_are_kept_sealed(world: World) -> None:
    await set_goals(world, "sleep")
    async with world.store.engine.connect() as connection:
        (sealed,) = (await connection.execute(sa.select(t.goals.c.text))).scalars()
    assert b"sleep" not in sealed


async def test_who_has_no_goals_is_not_asked(world: World) -> None:
    with pytest.raises(
        PeopleError, match=r'^AB has no goals yet; write: attune client goal AB "sleep better"$'
    ):
        await world.ask("goals")


async def test_a_client_has_three_goals_at_most_each_of_some_words(world: World) -> None:
    await set_goals(world, "sleep", "walk", "c" * goals.LONGEST)
    for text, told in (
        ("more", "^AB has 3 goals already"),
        (" ", "^a goal is 1 to 120"),
        ("c" * 121, "^a goal is"),
    ):
        with pytest.raises(PeopleError, match=told):
            await set_goals(world, text)


async def test_a_goal_that_ends_is_asked_no_more_and_what_was_open_is_withdrawn(world: World) -> None:
    await set_goals(world, "sleep", "walk")
    await world.ask("goals")
    await answer(world, "4")
    await world.ask("ors")
    async with world.service.desk() as desk:
        assert await goals.end(desk, "AB", 1) == ("walk",)
    await world.send_out()
    assert await states(world, "goals") == ["withdrawn"]
    assert await states(world, "ors") == ["open"], "what waited behind it is put"
    async with world.service.desk() as desk:
        with pytest.raises(PeopleError, match=r"^AB has no goal 2; see: attune client goal AB$"):
            await goals.end(desk, "AB", 2)
        with pytest.raises(PeopleError, match=r"^AB has no goal 0"):
            await goals.end(desk, "AB", 0)


async def test_a_paper_form_of_goals_has_as_many_answers_as_goals(world: World) -> None:
    await set_goals(world, "sleep", "walk")
    await world.past("goals", [4, 5], days=0)
    with pytest.raises(PeopleError, match=r"^goals takes 2 answers, not 3"):
        await world.past("goals", [4, 5, 6], days=0)


# What a site takes out again


async def test_check_ins_of_a_measure_that_is_gone_are_let_go_at_the_start(world: World) -> None:
    await world.ask("between")
    await world.ask("ors")
    policy = world.service.policy
    kept = {key: one for key, one in policy.instruments.items() if key != "between"}
    world.service.policy = dataclasses.replace(policy, instruments=kept)
    async with world.service.desk() as desk:
        await let_go(desk)
    assert await states(world, "between") == [CheckInState.WITHDRAWN]
    assert await states(world, "ors") == [CheckInState.OPEN]
    await answer(world, "sorry, 6")


async def test_check_ins_whose_answers_no_longer_fit_are_let_go(world: World) -> None:
    await world.ask("ors")
    await answer(world, "7")
    policy = world.service.policy
    shorter = dataclasses.replace(policy.instruments["ors"], scale=policy.instruments["phq9"].scale)
    world.service.policy = dataclasses.replace(policy, instruments={**policy.instruments, "ors": shorter})
    async with world.service.desk() as desk:
        await let_go(desk)
    assert await states(world, "ors") == [CheckInState.WITHDRAWN]


async def test_the_between_items_are_asked_like_any_other(world: World) -> None:
    await world.ask("between")
    await answer(world, "4", "7.5")
    assert await states(world, "between") == ["complete"]
    async with world.service.desk() as desk:
        with pytest.raises(PeopleError, match=r"^there is no measure sleep; known are "):
            await people.ask(desk, "AB", "sleep")
