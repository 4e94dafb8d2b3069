"""Twilio's webhooks: whether they are genuine, and what they say."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr
from starlette.datastructures import ImmutableMultiDict

from bot.channels.base import (
    Address,
    Cause,
    Keyword,
    Left,
    Outcome,
    Returned,
    Said,
    SentMedia,
    Unreadable,
    Wrote,
)
from bot.channels.sms import SmsChannel
from bot.channels.sms_forms import read_message, read_status
from bot.settings import SmsSettings
from tests.fakes.twilio_rules import signature

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
ACCOUNT = "AC" + "1" * 32
PUBLIC = "https://clinic.example/attune"
TOKEN, OLD_TOKEN = "the-token", "the-token-before"
STOP, START, HELP = Keyword.STOP, Keyword.START, Keyword.HELP
FORM = {"MessageSid": "SM1", "From": "+12025550100", "Body": "7", "FromCity": "", "To": "+12025550142"}


async def connected(public_url: str | None, token: str = TOKEN) -> SmsChannel:
    """Make a channel, which is not used to send."""
    settings = SmsSettings(
        account_sid=ACCOUNT, auth_token=SecretStr(token), previous_auth_token=SecretStr(OLD_TOKEN)
    )
    return await SmsChannel.connect(settings, public_url)


@pytest.fixture
async def sms() -> AsyncIterator[SmsChannel]:
    channel = await connected(PUBLIC)
    yield channel
    await channel.close()


# ---- signatures ----------------------------------------------------------------------------------


async def test_the_example_of_twilios_documentation_is_genuine() -> None:
    """Source: twilio.com/docs/usage/security#validating-requests."""
    channel = await connected("https://mycompany.com", token="12345")
    form = {
        "CallSid": "CA1234567890ABCDE",
        "Caller": "+14158675309",
        "Digits": "1234",
        "From": "+14158675309",
        "To": "+18005551212",
    }
    assert channel.genuine("/myapp.php?foo=1&bar=2", form, "RSOYDt4T1cUTdK1PDd93/VVr8B8=")
    await channel.close()


@pytest.mark.parametrize("token", [TOKEN, OLD_TOKEN])
def test_both_tokens_sign_while_they_are_being_changed(sms: SmsChannel, token: str) -> None:
    assert sms.genuine("/sms", FORM, signature(token, f"{PUBLIC}/sms", FORM))


@pytest.mark.parametrize(
    ("path", "form", "signed"),
    [
        pytest.param("/sms", FORM, None, id="no header"),
        pytest.param("/sms", FORM, "", id="an empty header"),
        pytest.param("/sms", FORM, "AAAAAAAAAAAAAAAAAAAAAAAAAAA=", id="made up"),
        pytest.param("/sms", FORM, "sign\u00e9", id="not even ASCII"),
        pytest.param("/sms", FORM, signature("guess", f"{PUBLIC}/sms", FORM), id="another token"),
        pytest.param("/sms/status", FORM, signature(TOKEN, f"{PUBLIC}/sms", FORM), id="another path"),
        pytest.param("/sms?a=2", FORM, signature(TOKEN, f"{PUBLIC}/sms?a=1", FORM), id="another query"),
        pytest.param("/sms", FORM, signature(TOKEN, "http://127.0.0.1:8080/sms", FORM), id="our own address"),
        pytest.param("/sms", FORM | {"Body": "8"}, signature(TOKEN, f"{PUBLIC}/sms", FORM), id="changed"),
        pytest.param("/sms", FORM | {"New": ""}, signature(TOKEN, f"{PUBLIC}/sms", FORM), id="a blank more"),
        pytest.param("/sms", {}, signature(TOKEN, f"{PUBLIC}/sms", FORM), id="nothing of it"),
    ],
)
def test_what_twilio_did_not_sign_is_not_genuine(
    sms: SmsChannel, path: str, form: dict[str, str], signed: str | None
) -> None:
    assert not sms.genuine(path, form, signed)


def test_a_name_that_comes_twice_is_signed_with_each_value(sms: SmsChannel) -> None:
    form = ImmutableMultiDict([("Body", "7"), ("Tag", "b"), ("Tag", "a")])
    signed = signature(TOKEN, f"{PUBLIC}/sms", {"Body": "7", "Tag": "aTagb"})
    assert sms.genuine("/sms", form, signed)


@pytest.mark.parametrize("public_url", [None, "https://clinic.example:port"])
async def test_without_a_usable_public_url_nothing_is_genuine(public_url: str | None) -> None:
    channel = await connected(public_url)
    assert not channel.genuine("/sms", FORM, signature(TOKEN, f"{public_url}/sms", FORM))
    await channel.close()


_texts = st.text(st.characters(codec="utf-8"), max_size=20)
_forms = st.dictionaries(_texts, _texts, max_size=6)


@given(path=_texts, form=_forms)
async def test_whatever_twilio_signs_is_genuine(path: str, form: dict[str, str]) -> None:
    channel = await connected(PUBLIC)
    path = "/sms?of=" + path.encode().hex()
    assert channel.genuine(path, form, signature(TOKEN, PUBLIC + path, form))
    await channel.close()


@given(path=st.text(max_size=30), form=st.dictionaries(st.text(), st.text()), signed=st.text())
async def test_whatever_comes_the_check_never_raises(path: str, form: dict[str, str], signed: str) -> None:
    channel = await connected(PUBLIC)
    assert not channel.genuine(path, form, signed)
    await channel.close()


# ---- what a person did ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        pytest.param({"Body": "7"}, Wrote("7"), id="a text"),
        pytest.param({"Body": " \U0001f642\n"}, Wrote(" \U0001f642\n"), id="an emoji, as it came"),
        pytest.param({"Body": "7\x00"}, Wrote("7"), id="without NUL"),
        pytest.param({"Body": "x" * 5000}, Wrote("x" * 5000), id="a long one is not cut"),
        pytest.param({"Body": "stop", "OptOutType": "STOP"}, Wrote("stop", STOP), id="STOP stays a text"),
        pytest.param({"Body": "START", "OptOutType": "START"}, Wrote("START", START), id="so does START"),
        pytest.param({"Body": "ayuda", "OptOutType": "HELP"}, Wrote("ayuda", HELP), id="HELP in any word"),
        pytest.param({"Body": "", "OptOutType": "STOP"}, Left(), id="STOP without words"),
        pytest.param({"Body": "", "OptOutType": "START"}, Returned(), id="START without words"),
        pytest.param({"Body": "", "OptOutType": "HELP"}, Wrote("", HELP), id="HELP without words"),
        pytest.param({"Body": "stop"}, Wrote("stop"), id="STOP by WhatsApp, on which Twilio does not act"),
        pytest.param({"Body": "7", "OptOutType": "NEW"}, Wrote("7"), id="a type nobody knows"),
        pytest.param({"Body": "", "NumMedia": "1"}, SentMedia("media"), id="a picture"),
        pytest.param({"Body": "look", "NumMedia": "1"}, Wrote("look"), id="a picture with words"),
        pytest.param({"Body": "", "NumMedia": "0"}, Wrote(""), id="nothing"),
        pytest.param({"Body": "7", "ToBeInventedByTwilio": "yes"}, Wrote("7"), id="a new field"),
    ],
)
def test_a_message_is_read(fields: dict[str, str], said: Said) -> None:
    inbound = read_message({"MessageSid": "SM1", "From": "whatsapp:+12025550100", **fields}, ACCOUNT, NOW)
    assert inbound.said == said
    assert (inbound.channel, inbound.account, inbound.external_id) == ("sms", ACCOUNT, "SM1")
    assert (inbound.address, inbound.at) == (Address("whatsapp:+12025550100"), NOW)


@pytest.mark.parametrize(
    ("text", "taken"),
    [
        *((word, STOP) for word in ("STOP", "StopAll", "unsubscribe", "CANCEL", "end", "QUIT")),
        *((word, STOP) for word in ("revoke", "optout")),
        *((word, START) for word in ("START", "yes", "Unstop")),
        *((word, HELP) for word in ("help", "INFO")),
        (" stop ", STOP),
        ("stop please", None),
        ("Stop.", None),
        ("don't stop", None),
        ("7", None),
        ("", None),
    ],
)
def test_without_advanced_opt_out_twilio_acts_on_its_own_words_alone(
    text: str, taken: Keyword | None
) -> None:
    """It passes them on and says nothing of it. Source: Twilio, support for opt-out keywords."""
    said = read_message(FORM | {"Body": text}, ACCOUNT, NOW).said
    assert said == Wrote(text, taken)


def test_a_message_by_its_older_name_is_read() -> None:
    assert read_message({"SmsSid": "SM2", "From": "+12025550100"}, ACCOUNT, NOW).external_id == "SM2"


@pytest.mark.parametrize("missing", ["MessageSid", "From"])
def test_what_cannot_be_read_is_kept_whole(missing: str) -> None:
    form = {key: value for key, value in FORM.items() if key != missing}
    first, again = read_message(form, ACCOUNT, NOW), read_message(form, ACCOUNT, datetime.now(UTC))
    assert isinstance(first.said, Unreadable)
    assert all(f'"{key}": "{value}"' in first.said.raw for key, value in form.items())
    assert first.external_id
    assert first.external_id == again.external_id
    other = read_message(form | {"Body": "8"}, ACCOUNT, NOW)
    assert (other.external_id == first.external_id) == (missing == "From")


@given(form=_forms | st.dictionaries(st.sampled_from(sorted(FORM)), _texts))
def test_reading_never_raises_and_lets_no_nul_through(form: dict[str, str]) -> None:
    inbound = read_message(form, ACCOUNT, NOW)
    assert inbound.external_id
    assert "\x00" not in repr(inbound).replace("\\x00", "\x00")
    read_status(form, ACCOUNT, NOW)


# ---- how a message fared -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        ("accepted", Outcome.SENT),
        ("queued", Outcome.SENT),
        ("sending", Outcome.SENT),
        ("sent", Outcome.SENT),
        ("delivered", Outcome.DELIVERED),
        ("read", Outcome.DELIVERED),
        ("undelivered", Outcome.FAILED),
        ("failed", Outcome.FAILED),
        ("canceled", Outcome.FAILED),
        ("receiving", None),
        ("received", None),
        ("scheduled", None),
        ("partially_delivered", None),
        ("invented_later", None),
        ("", None),
    ],
)
def test_each_status_is_an_outcome(status: str, outcome: Outcome | None) -> None:
    report = read_status({"MessageSid": "SM1", "MessageStatus": status, "ErrorCode": ""}, ACCOUNT, NOW)
    assert (report and report.outcome) == outcome
    if report is not None:
        assert (report.external_id, report.account, report.at, report.code) == ("SM1", ACCOUNT, NOW, None)


@pytest.mark.parametrize(
    ("code", "cause"),
    [
        pytest.param("21610", Cause.OPTED_OUT, id="opted out"),
        *(
            pytest.param(code, Cause.UNREACHABLE, id=code)
            for code in ("21211", "21217", "21614", "30005", "30006")
        ),
        *(pytest.param(code, Cause.BARRED, id=code) for code in ("30004", "30007", "21408", "21608")),
        *(pytest.param(code, Cause.NO_ANSWER, id=code) for code in ("30003", "30008")),
        *(pytest.param(code, Cause.BUSY, id=code) for code in ("30001", "30022", "63017", "63038", "21611")),
        *(pytest.param(code, Cause.SENDER_FAULT, id=code) for code in ("30034", "20003", "21606", "30002")),
        pytest.param("30036", None, id="its time was over"),
        pytest.param("99999", None, id="a code nobody knows"),
        pytest.param("\u0663", None, id="no code at all"),
    ],
)
def test_a_failure_says_what_follows_from_it(code: str, cause: Cause | None) -> None:
    form = {"MessageSid": "SM1", "MessageStatus": "undelivered", "ErrorCode": code}
    report = read_status(form, ACCOUNT, NOW)
    assert report is not None
    assert (report.code, report.cause) == (code, cause)


def test_a_report_on_no_message_says_nothing() -> None:
    assert read_status({"MessageStatus": "failed"}, ACCOUNT, NOW) is None
