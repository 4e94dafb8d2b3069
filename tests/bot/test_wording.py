"""What people read: in an alphabet that costs no extra, short, and asking only for what is understood."""

from __future__ import annotations

import dataclasses
import inspect
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta

import pytest

from bot import commands, wording
from bot.caps import Cap
from bot.helplines import Help, Helpline
from bot.languages import LANGUAGES, Guidance, ItemWords, MeasureWords
from bot.replies import Expecting, Points, Steer, Why, command, read
from bot.safety import Concern
from bot.wording import House, Occasion, Others, Telling
from bot.wording.discreet import discreet_words
from bot.wording.sessions import Clock
from scoring.instrument import Gauge, Response
from scoring.instruments import INSTRUMENTS
from scoring.rules import RULES, Course, Finding, ItemChange, Severity, judge, most_fallen
from tests.scoring.series import BESIDE, rules, series
from tests.segments import segments, strangers

ENGLISH = LANGUAGES["en"]
DISCREET = ENGLISH.discreetly
HOUSE = House("The Elm Street Centre for Psychotherapy", "+1 555 0100", None, None)
ORS = ENGLISH.measures["ors"]
SRS = ENGLISH.measures["srs"]
ITEM = ORS.items["social"]
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
CLOCK = Clock("Europe/London", NOW)
CAP = Cap("segments_a_month", 1000, date(2026, 3, 1), date(2026, 3, 31))
FALL = ItemChange("social", 70, 35)
ASK = "What changed?"
FOUND = (
    Finding("deterioration", Severity.SOON, None, 300, 195),
    Finding("drop", Severity.SOON, None, 285, 195),
    Finding("crossed_below", Severity.SOON, None, 285, 195),
)

TEXTS: Mapping[str, tuple[str, ...]] = {
    "points": (wording.points(75),),
    "greeting": tuple(wording.greeting(ENGLISH, HOUSE, words) for words in (ORS, SRS)),
    "question": tuple(
        wording.question(ENGLISH, item, 4, 4) for words in (ORS, SRS) for item in words.items.values()
    ),
    "no_text_sent": (wording.no_text_sent(ENGLISH),),
    "skip_button": (wording.skip_button(ENGLISH),),
    "chosen": (wording.chosen(ENGLISH, ITEM, 75), wording.chosen(ENGLISH, ITEM, None)),
    "again": tuple(
        wording.again(ENGLISH, ITEM, why, suggest, said=said)
        for why in Why
        for suggest in (None, 75)
        for said in ("", "meh")
    ),
    "together": tuple(
        wording.together(ENGLISH, tuple(words.items.values()), "7 6 8 7") for words in (ORS, SRS)
    ),
    "together_again": (wording.together_again(ENGLISH),),
    "one_by_one": (wording.one_by_one(ENGLISH),),
    "heard": (wording.heard(ENGLISH), wording.heard(DISCREET)),
    "changed": tuple(wording.changed(ENGLISH, ITEM, mark) for mark in (75, None)),
    "which_one": (wording.which_one(ENGLISH),),
    "asked_later": tuple(wording.asked_later(ENGLISH, words) for words in (ORS, SRS)),
    "postponed": tuple(
        wording.postponed(ENGLISH, NOW + wait, NOW, "UTC", cut=cut)
        for wait in (timedelta(hours=3), timedelta(days=1), timedelta(days=2))
        for cut in (True, False)
    ),
    "resting": (wording.resting(ENGLISH, NOW + timedelta(days=2), NOW, "UTC"),),
    "no_session": (wording.no_session(ENGLISH), wording.no_session(DISCREET)),
    "told_no_session": (wording.told_no_session(ENGLISH, "AB", "their words", words=SRS),),
    "corrected": tuple(
        wording.corrected(ENGLISH, "AB", words=ORS, item="social", was=was, mark=75) for was in (60, None)
    ),
    "alert_stands": (wording.alert_stands(ENGLISH, 41, 195),),
    "alert_falls": (wording.alert_falls(ENGLISH, 41),),
    "alert_replaced": (wording.alert_replaced(ENGLISH, 41, 42),),
    "example": (wording.example(ENGLISH),),
    "reminder": (wording.reminder(ENGLISH, ORS), wording.reminder(ENGLISH, SRS)),
    "nothing_before": (wording.nothing_before(ENGLISH),),
    "answered_already": (wording.answered_already(ENGLISH),),
    "closed_question": (wording.closed_question(ENGLISH),),
    "thanks": (
        *(wording.thanks(ENGLISH, gauge, heard=heard) for gauge in Gauge for heard in (True, False)),
        *(wording.thanks(ENGLISH, Gauge.ALLIANCE, about=item) for item in SRS.items),
    ),
    "thanks_partly": (wording.thanks_partly(ENGLISH),),
    "going_on": (wording.going_on(ENGLISH, ORS), wording.going_on(ENGLISH, SRS)),
    "gave_up": (wording.gave_up(ENGLISH),),
    "passed_on": tuple(wording.passed_on(ENGLISH, told=told) for told in (True, False)),
    "all_right": (wording.all_right(ENGLISH),),
    "nothing_open": (wording.nothing_open(ENGLISH),),
    "nothing_waiting": (wording.nothing_waiting(ENGLISH),),
    "text_only": (wording.text_only(ENGLISH),),
    "consent_question": (wording.consent_question(ENGLISH, HOUSE),),
    "consent_buttons": wording.consent_buttons(ENGLISH),
    "consent_again": (wording.consent_again(ENGLISH),),
    "consent_given": (wording.consent_given(ENGLISH),),
    "consent_declined": (wording.consent_declined(ENGLISH),),
    "help_text": (wording.help_text(ENGLISH, HOUSE, "GB"), wording.help_text(ENGLISH, House("A"), "ZZ")),
    "stopped": tuple(wording.stopped(ENGLISH, elsewhere=elsewhere) for elsewhere in (True, False)),
    "language_changed": (wording.language_changed(ENGLISH),),
    "consent_opener": (wording.consent_opener(DISCREET),),
    "discreet_thanks": (wording.discreet_thanks(DISCREET),),
    "started": tuple(wording.started(ENGLISH, asking=asking) for asking in (True, False)),
    "stranger": (wording.stranger(ENGLISH, HOUSE, "US"),),
    "invitation_unknown": (wording.invitation_unknown(ENGLISH),),
    "address_taken": (wording.address_taken(ENGLISH),),
    "crisis": tuple(
        wording.crisis(ENGLISH, HOUSE, at, telling, plan=plan)
        for at in ("US", "FR", "ZZ")
        for telling in Telling
        for plan in (None, "Ring Mia.")
    ),
    "crisis_pause": (wording.crisis_pause(ENGLISH),),
    "stand_by": tuple(wording.stand_by(ENGLISH, told=told) for told in (True, False)),
    "therapist_welcome": (wording.therapist_welcome(ENGLISH, HOUSE),),
    "therapist_stopped": (wording.therapist_stopped(ENGLISH),),
    "therapist_help": (wording.therapist_help(ENGLISH),),
    "alert": tuple(
        wording.alert(
            ENGLISH,
            41,
            "AB",
            words=ORS,
            found=FOUND,
            fresh=fresh,
            change=change,
            guidance=Guidance(what, ASK),
        )
        for fresh in (FOUND, FOUND[1:2])
        for change in (FALL, ItemChange("social", None, 35), None)
        for what in ("Ask what changed.", "")
    ),
    "acknowledge_with": (wording.acknowledge_with(ENGLISH, 41),),
    "acknowledge_button": (wording.acknowledge_button(ENGLISH),),
    "finding": tuple(wording.finding(ENGLISH, one, ORS) for one in FOUND),
    "crisis_alert": tuple(
        wording.crisis_alert(ENGLISH, 41, "AB", words=words, occasion=occasion, therapist="T1", others=others)
        for words in ((), ("their words", "more of them"))
        for occasion in Occasion
        for others in (
            Others(),
            Others(("T2", "T3")),
            Others((), operators=True),
            Others(("T2",), operators=True),
        )
    ),
    "concern": tuple(
        text
        for about in Concern
        if (text := wording.concern(ENGLISH, HOUSE, "US", Telling.THERAPIST, about=about)) is not None
    ),
    "concern_alert": tuple(
        wording.concern_alert(ENGLISH, 41, "AB", about=about, words=("their words",), therapist=therapist)
        for about in Concern
        for therapist in ("", "T1")
    ),
    "seen": (wording.seen(ENGLISH, 41, "AB", 60),),
    "seen_by": (wording.seen_by(ENGLISH, 41, "AB", "T2"),),
    "closed": tuple(wording.closed(ENGLISH, 41, "AB", crisis=crisis) for crisis in (True, False)),
    "closed_before": (wording.closed_before(ENGLISH, 41, "AB", "T2"),),
    "closed_by": (wording.closed_by(ENGLISH, 41, "AB", who="T2", what="safe tonight"),),
    "close_how": (wording.close_how(ENGLISH, 41),),
    "silent": (wording.silent(ENGLISH, 41, "AB", "02 Mar 09:00"),),
    "alert_unclosed": (wording.alert_unclosed(ENGLISH, 41, ("T1", "T2")),),
    "acknowledged": (wording.acknowledged(ENGLISH, 41, "AB"),),
    "acknowledged_before": (wording.acknowledged_before(ENGLISH, 41, "AB"),),
    "reopened": (wording.reopened(ENGLISH, 41, "AB"),),
    "not_reopened": (wording.not_reopened(ENGLISH, 41, "AB"),),
    "no_such_alert": (wording.no_such_alert(ENGLISH, 41),),
    "chart_how": (wording.chart_how(ENGLISH),),
    "no_such_client": (wording.no_such_client(ENGLISH, "AB"),),
    "decide_how": (wording.decide_how(ENGLISH, "AB"),),
    "decided": (
        wording.decided(ENGLISH, "AB", "changed focus to sleep", None),
        wording.decided(ENGLISH, "AB", "trauma work", date(2027, 5, 1)),
    ),
    "dip_expected": (wording.dip_expected(ENGLISH, date(2027, 5, 1), "trauma work"),),
    "open_alerts": (wording.open_alerts(ENGLISH, ()), wording.open_alerts(ENGLISH, ("41: AB",))),
    "open_alert": tuple(
        wording.open_alert(ENGLISH, 41, "AB", raised="02 Mar 09:00", urgent=urgent, seen=seen)
        for urgent in (True, False)
        for seen in (True, False)
    ),
    "remarks": (wording.remarks(ENGLISH, "AB", ("first", "second")),),
    "partial": (wording.partial(ENGLISH, "AB", Response(INSTRUMENTS["ors"], (40, None)), words=ORS),),
    "leaving": (wording.leaving(ENGLISH, "AB", "their words"),),
    "opted_out": (wording.opted_out(ENGLISH, "AB"),),
    "opted_in": (wording.opted_in(ENGLISH, "AB"),),
    "unreachable": (wording.unreachable(ENGLISH, "AB"),),
    "declined": (wording.declined(ENGLISH, "AB"),),
    "agreed": (wording.agreed(ENGLISH, "AB"),),
    "edited": (wording.edited(ENGLISH),),
    "operator_welcome": (wording.operator_welcome(ENGLISH),),
    "operator_help": (wording.operator_help(ENGLISH),),
    "operator_stopped": (wording.operator_stopped(ENGLISH),),
    "alarm": (wording.alarm(ENGLISH, HOUSE, "something"),),
    "alert_undeliverable": tuple(
        wording.alert_undeliverable(ENGLISH, 41, urgent=urgent) for urgent in (True, False)
    ),
    "crisis_undeliverable": (wording.crisis_undeliverable(ENGLISH),),
    "remark_undeliverable": (wording.remark_undeliverable(ENGLISH),),
    "sender_stopped": (wording.sender_stopped(ENGLISH, "sms"),),
    "therapist_silent": (wording.therapist_silent(ENGLISH, "T1"),),
    "address_barred": (wording.address_barred(ENGLISH, "sms", "30007"),),
    "alarm_undeliverable": (wording.alarm_undeliverable(ENGLISH, "telegram"),),
    "for_a_colleague": (wording.for_a_colleague(ENGLISH, "T1"),),
    "too_many": (wording.too_many(ENGLISH, HOUSE, "US"),),
    "kept_unread": (wording.kept_unread(ENGLISH, 7),),
    "stranger_in_danger": (wording.stranger_in_danger(ENGLISH),),
    "missed_while_away": (wording.missed_while_away(ENGLISH, 12, NOW, NOW + timedelta(days=7)),),
    "config_refused": (wording.config_refused(ENGLISH, 3),),
    "restart_needed": (wording.restart_needed(ENGLISH, ("database", "server")),),
    "calendar_unreadable": (wording.calendar_unreadable(ENGLISH, "rooms"),),
    "calendar_readable": (wording.calendar_readable(ENGLISH, "rooms"),),
    "calendar_emptied": (wording.calendar_emptied(ENGLISH, "rooms", 12),),
    "cap_near": (wording.cap_near(ENGLISH, CAP, 812),),
    "cap_reached": (wording.cap_reached(ENGLISH, CAP, 1000),),
    "kept_by_cap": (wording.kept_by_cap(ENGLISH, 12),),
    "found_in_list": (wording.found_in_list(ENGLISH, 3),),
    "gentle_greeting": tuple(wording.gentle_greeting(one, HOUSE, ORS) for one in (ENGLISH, DISCREET)),
    "break_offer": (wording.break_offer(ENGLISH, timedelta(days=14)),),
    "break_taken": (wording.break_taken(ENGLISH, NOW.date() + timedelta(days=14), CLOCK),),
    "told_break": (wording.told_break(ENGLISH, "AB", NOW.date() + timedelta(days=14), CLOCK),),
    "told_back": (wording.told_back(ENGLISH, "AB"),),
    "over": tuple(wording.over(ENGLISH, upcoming, CLOCK) for upcoming in (NOW + timedelta(days=7), None)),
    "rest_came_later": (wording.rest_came_later(ENGLISH, "AB", 285, words=ORS),),
    "moment": (wording.moment(datetime(2026, 3, 2, 9, tzinfo=UTC), "Europe/Berlin"),),
}
"""Each text as somebody may receive it, by the name of the function that makes it."""

ALL = [text for texts in TEXTS.values() for text in texts]


NO_TEXTS = {"form_of"}
"""What bot/wording gives that is no text."""


def test_every_text_is_looked_at_here() -> None:
    makers = {
        name
        for name, made in inspect.getmembers(wording, inspect.isfunction)
        if made.__module__.startswith(f"{wording.__name__}.")
    }
    assert makers - NO_TEXTS == set(TEXTS)


@pytest.mark.parametrize("name", TEXTS)
def test_every_text_keeps_to_the_alphabet_of_a_text_message(name: str) -> None:
    for text in TEXTS[name]:
        assert strangers(text) == set()
        assert text == text.strip()
        assert "{" not in text, "every gap is filled"
        assert "  " not in text


@pytest.mark.parametrize("measure", ["ors", "srs"])
def test_a_question_costs_two_text_messages_at_most(measure: str) -> None:
    words = ENGLISH.measures[measure]
    for number, item in enumerate(words.items.values(), 1):
        question = wording.question(ENGLISH, item, number, len(words.items))
        again = max((wording.again(ENGLISH, item, why, 95) for why in Why), key=len)
        for text in (
            f"{wording.greeting(ENGLISH, HOUSE, words)}\n{question}",
            f"{wording.going_on(ENGLISH, words)}\n{question}",
            f"{wording.reminder(ENGLISH, words)}\n{question}",
            f"{wording.gentle_greeting(ENGLISH, HOUSE, words)}\n{question}",
            f"{again} {wording.example(ENGLISH)}",
        ):
            assert segments(text) <= 2, text


@pytest.mark.parametrize("measure", ["ors", "srs"])
def test_all_questions_in_one_message_cost_less_than_one_by_one(measure: str) -> None:
    words = ENGLISH.measures[measure]
    items = tuple(words.items.values())
    together = wording.together(ENGLISH, items, "7 6 8 7")
    greeting = wording.greeting(ENGLISH, HOUSE, words)
    for first in (greeting, wording.reminder(ENGLISH, words), wording.together_again(ENGLISH)):
        assert segments(f"{first}\n{together}") <= 4
    one, *others = (wording.question(ENGLISH, item, number, 4) for number, item in enumerate(items, 1))
    singly = segments(f"{greeting}\n{one}") + sum(map(segments, others))
    assert segments(f"{greeting}\n{together}") + 1 < singly + len(items), "the answers cost too"


def test_all_questions_in_one_message_name_both_ends_of_each_scale() -> None:
    ors = wording.together(ENGLISH, tuple(ORS.items.values()), "7 6 8 7").splitlines()
    assert [("10 = " in line) for line in ors] == [False, True, False, False, True], "the same ends once"
    srs = wording.together(ENGLISH, tuple(SRS.items.values()), "7 6 8 7").splitlines()
    assert [("10 = " in line) for line in srs] == [False, True, True, True, True]


@pytest.mark.parametrize(
    ("said", "taken_up"),
    [("good", True), ("so so", True), ("hopeless", False), ("dead", False), ("", False)],
)
def test_only_a_mild_word_is_said_again(said: str, *, taken_up: bool) -> None:
    again = wording.again(ENGLISH, ITEM, Why.WORDS, None, said=said)
    assert again.startswith(f"{said.capitalize()}. ") == (taken_up and bool(said))
    assert ("by myself" in again) == (not taken_up)


@pytest.mark.parametrize("measure", ["ors", "srs"])
def test_a_question_and_its_repetition_name_both_ends_of_the_scale(measure: str) -> None:
    for item in ENGLISH.measures[measure].items.values():
        for text in (
            wording.question(ENGLISH, item, 1, 4),
            *(wording.again(ENGLISH, item, why, suggest) for why in Why for suggest in (None, 65)),
        ):
            assert item.low in text
            assert item.high in text
            assert re.search(r"\b0\b.*\b10\b", text)


# Twilio answers these by itself; source: twilio.com/docs/messaging/tutorials/advanced-opt-out
TWILIO_TAKES = {
    "STOPALL",
    "UNSUBSCRIBE",
    "CANCEL",
    "END",
    "QUIT",
    "REVOKE",
    "OPTOUT",
    "YES",
    "UNSTOP",
    "INFO",
}


def test_no_text_asks_for_a_word_that_twilio_takes_for_itself() -> None:
    shouted = {word for text in ALL for word in re.findall(r"\b[A-Z]{2,}\b", text)}
    asked = {
        word.upper() for text in ALL for word in re.findall(r"\b(?:[Ww]rite|[Rr]eply) ([A-Za-z]+)", text)
    }
    assert {"AGREE", "SKIP", "BACK", "CONTINUE", "OK", "ACK", "ALERTS", "STOP"} <= shouted | asked
    assert not (shouted | asked) & TWILIO_TAKES


def test_what_a_client_is_asked_to_write_is_understood() -> None:
    reader = ENGLISH.reader
    told = Expecting(ENGLISH, suggested=65)
    assert read("skip", told).reply is Steer.SKIP
    assert read("back", told).reply is Steer.BACK
    assert read("continue", Expecting(ENGLISH, held=True)).reply is Steer.GO_ON
    assert read("ok", told).reply == Points(65)
    assert (read("7", told).reply, read("6.5", told).reply) == (Points(70), Points(65))
    assert [command(word, ENGLISH) for word in ("STOP", "START", "HELP")] == [
        Steer.STOP,
        Steer.START,
        Steer.HELP,
    ]
    assert "agree" in reader.agree
    assert "no" in reader.decline & reader.nothing


def test_what_a_therapist_is_asked_to_write_is_understood() -> None:
    assert commands.read("ACK 41", ENGLISH) == commands.Acknowledge(41)
    assert commands.read("ALERTS", ENGLISH) == commands.ListAlerts()
    told = wording.close_how(ENGLISH, 41)
    example = told[told.index("CLOSED") :]
    assert commands.read(example, ENGLISH) == commands.Close(41, "spoke on the phone, safe tonight")


@pytest.mark.parametrize(
    ("tenths", "written"),
    [(0, "0"), (1, "0.1"), (70, "7"), (75, "7.5"), (100, "10"), (195, "19.5"), (400, "40")],
)
def test_points_are_written_as_people_write_them(tenths: int, written: str) -> None:
    assert wording.points(tenths) == written


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_has_a_sentence_of_its_own(rule: str) -> None:
    told = wording.finding(ENGLISH, Finding(rule, Severity.SOON, "overall", 95, 55), ORS)
    assert not told.startswith(rule), "the sentence of a rule without one"
    assert ("5.5" in told) == (rule != "alliance_ceiling"), "highest ratings are not told as a number"


@pytest.mark.parametrize("rule", ["missed", "dropout_risk"])
def test_silence_has_sentences_without_numbers(rule: str) -> None:
    told = wording.finding(ENGLISH, Finding(rule, Severity.SOON), ORS)
    assert not told.startswith(rule)
    assert not re.search(r"[0-9{}]", told)


def test_no_two_rules_share_a_sentence() -> None:
    licensed = dataclasses.replace(ORS, ours=False)
    rules = (*RULES, "missed", "dropout_risk")
    told = {
        wording.finding(ENGLISH, Finding(one, Severity.SOON, "overall", 95, 55), licensed) for one in rules
    }
    assert len(told) == len(rules)


def test_recovery_is_not_claimed_by_a_wording_of_our_own() -> None:
    # Source: CLINICAL, Wording: until a licensed text is given, `recovered` is not claimed.
    recovered = Finding("recovered", Severity.DIGEST, None, 200, 260)
    assert "recovered" not in wording.finding(ENGLISH, recovered, ORS)
    assert "recovered" in wording.finding(ENGLISH, recovered, dataclasses.replace(ORS, ours=False))


def test_a_rule_without_a_sentence_is_told_by_its_key() -> None:
    told = wording.finding(ENGLISH, Finding("new_rule", Severity.SOON, None, 95, 55), ORS)
    assert told == "new_rule: 9.5 to 5.5"


def test_an_alert_reads_as_a_therapist_needs_it() -> None:
    assert TEXTS["alert"][0] == (
        "Alert 41: AB, outcome (ORS)\n"
        "- Reliably lower than at the start: 30 to 19.5\n"
        "- Fell sharply since last time: 28.5 to 19.5\n"
        "- Now in the clinical range: 28.5 to 19.5\n"
        "Fell most: Work, school, friends, 7 to 3.5\n"
        "Ask what changed.\n"
        'You might ask: "What changed?"\n'
        "(own wording, cutoffs indicative)\n"
        "Reply ACK 41 when you have seen this."
    )


def test_an_alert_says_first_what_is_new_and_then_what_was_told_before() -> None:
    text = wording.alert(
        ENGLISH, 41, "AB", words=ORS, found=FOUND, fresh=FOUND[1:], change=None, guidance=Guidance("", ASK)
    )
    assert text == (
        "Alert 41: AB, outcome (ORS)\n"
        "- Fell sharply since last time: 28.5 to 19.5\n"
        "- Now in the clinical range: 28.5 to 19.5\n"
        "- as before: Reliably lower than at the start: 30 to 19.5\n"
        'You might ask: "What changed?"\n'
        "(own wording, cutoffs indicative)\n"
        "Reply ACK 41 when you have seen this."
    )


@pytest.mark.parametrize("measure", ["ors", "srs"])
def test_every_alert_of_a_measure_can_be_put_in_words(measure: str) -> None:
    instrument = INSTRUMENTS[measure]
    words = ENGLISH.measures[measure]
    course = Course(series(measure, 380, 200), series(BESIDE[measure], 300, 200))
    found = judge(rules(measure), course)
    text = wording.alert(
        ENGLISH,
        41,
        "AB",
        words=words,
        found=found,
        fresh=found,
        change=most_fallen(instrument, course.latest, course.previous),
        guidance=ENGLISH.guidance[instrument.gauges, instrument.items[0]],
    )
    assert strangers(text) == set()
    assert segments(text) <= 4


TELLING = re.compile(r"clinic|elm street|therap|session|psych|work|school|friend|people|week|life|understood")
"""What would tell somebody else who holds the phone what the messages are about."""


@pytest.mark.parametrize("measure", ["ors", "srs"])
def test_what_the_bot_starts_on_a_shared_phone_tells_nobody_anything(measure: str) -> None:
    words = discreet_words(DISCREET, ENGLISH.measures[measure])
    items = list(words.items.values())
    started = [
        wording.consent_opener(DISCREET),
        wording.greeting(DISCREET, HOUSE, words),
        wording.going_on(DISCREET, words),
        wording.reminder(DISCREET, words),
        *(wording.question(DISCREET, item, number, 4) for number, item in enumerate(items, 1)),
        *(wording.chosen(DISCREET, item, 70) for item in items),
        *(wording.thanks(DISCREET, gauge) for gauge in Gauge),
        wording.thanks_partly(DISCREET),
    ]
    for text in started:
        assert not TELLING.search(text.lower()), text
        assert strangers(text) == set()
    assert len({item.label for item in items}) == len(items), "whoever answers can tell them apart"
    assert all(item.low and item.high for item in items)


def test_a_measure_without_hints_of_its_own_is_asked_by_numbers() -> None:
    sleep = MeasureWords("", "", "", {"length": ItemWords("How long", "How long?", "none", "all")})
    assert discreet_words(DISCREET, sleep).items["length"].label == "Number 1"


def test_words_with_braces_are_told_as_they_are() -> None:
    braces = "{code} {} {0} %s {"
    assert braces in wording.crisis_alert(ENGLISH, 41, "AB", words=(braces,))
    assert braces in wording.closed_by(ENGLISH, 41, "AB", who="T1", what=braces)
    assert braces in wording.crisis(ENGLISH, HOUSE, "US", Telling.NOBODY, plan=braces)
    assert braces in wording.remarks(ENGLISH, "AB", (braces,))
    assert braces in wording.consent_question(ENGLISH, House("A", consent=braces))
    assert "Hello from {A}." in wording.greeting(ENGLISH, House("{A}"), ORS)


def test_a_sites_own_consent_text_may_name_the_clinic() -> None:
    own = House("Elm Street", consent="This is {clinic}. May we ask?")
    assert wording.consent_question(ENGLISH, own).startswith("This is Elm Street. May we ask?\n")


def test_the_crisis_text_is_the_same_for_every_danger_and_names_where_to_turn() -> None:
    # Source: CLINICAL, Risk (1): acknowledge, automated, helplines of the client's country, emergency number.
    text = wording.crisis(ENGLISH, HOUSE, "GB", Telling.THERAPIST)
    assert "automated" in text
    assert "999" in text
    assert "Samaritans: call 116 123." in text
    assert "telling your therapist" in text
    assert "can't reach a therapist" in wording.crisis(ENGLISH, HOUSE, "GB", Telling.NOBODY)
    assert "call 988 or text 988" in wording.crisis(ENGLISH, HOUSE, "US", Telling.THERAPIST)


def test_a_safety_plan_comes_first_in_its_own_words() -> None:
    text = wording.crisis(ENGLISH, HOUSE, "US", Telling.THERAPIST, plan="Ring Mia.\nSit by the window.")
    assert text.startswith("From your safety plan:\nRing Mia.\nSit by the window.\nThank you for telling me.")


def test_a_sites_own_crisis_text_fills_its_gaps() -> None:
    own = House("Elm Street", crisis={"en": "{clinic} hears you. {telling} Call {emergency}.\n{helplines}"})
    assert wording.crisis(ENGLISH, own, "US", Telling.THERAPIST) == (
        "Elm Street hears you. I am telling your therapist now. Call 911.\n"
        "988 Suicide & Crisis Lifeline: call 988 or text 988."
    )
    assert wording.crisis(ENGLISH, own, "ZZ", Telling.NOBODY).endswith("Call 112.")


def test_a_sites_own_helplines_stand_in_for_ours_with_their_hours() -> None:
    line = Helpline("Elm line", "555 0199", "", ("en",), "Mon-Fri 09:00-17:00", "2026-11-01", "us")
    own = House("Elm Street", helplines={"US": Help("911", (line,))})
    text = wording.crisis(ENGLISH, own, "US", Telling.THERAPIST)
    assert "988" not in text
    assert text.endswith("Elm line: call 555 0199. (Mon-Fri 09:00-17:00)")
    assert "Samaritans" in wording.crisis(ENGLISH, own, "GB", Telling.THERAPIST), "elsewhere ours stand"


def test_the_line_in_the_readers_language_comes_first() -> None:
    lines = wording.crisis(LANGUAGES["en"], HOUSE, "BE", Telling.THERAPIST).splitlines()[2:]
    assert len(lines) > 1
    assert "English" in lines[0]


def test_a_sites_own_emergency_number_counts() -> None:
    own = House("Elm Street", emergency="0118 999")
    for text in (
        wording.crisis(ENGLISH, own, "GB", Telling.THERAPIST),
        wording.help_text(ENGLISH, own, "GB"),
    ):
        assert "0118 999." in text
        assert "call 999." not in text


def test_help_names_somebody_apart_from_the_therapist_where_there_is_one() -> None:
    assert "other than your therapist: +1 555 0100." in TEXTS["help_text"][0]
    assert "other than" not in TEXTS["help_text"][1]


def test_a_moment_is_told_on_the_readers_clock() -> None:
    assert TEXTS["moment"] == ("02 Mar 10:00",)


def test_where_higher_is_worse_nothing_is_said_to_fall() -> None:
    found = (Finding("item_drop", Severity.DIGEST, "individual", 30, 60),)
    text = wording.alert(
        ENGLISH,
        41,
        "AB",
        words=ORS,
        found=found,
        fresh=found,
        change=ItemChange("social", None, 80),
        guidance=ENGLISH.guidance["symptoms", "overall"],
        higher_is_better=False,
    )
    assert "- You yourself got worse: 3 to 6" in text
    assert "Highest: Work, school, friends, 8" in text
