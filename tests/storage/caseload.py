"""A therapist and clients in the database, for tests of what is kept about them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from scoring.instrument import AgeGroup
from scoring.rules import Finding, Severity
from storage.records import (
    Alert,
    CheckIn,
    CheckInState,
    Client,
    ClientState,
    NewCheckIn,
    Received,
    Therapist,
)
from storage.store import Store, Transaction

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
TODAY = date(2026, 3, 2)
HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Case:
    """One client as enrolled: ids of the client, the therapist, the episode and both addresses."""

    client: int
    therapist: int
    episode: int
    address: int
    therapist_address: int


def therapist(code: str = "T1") -> Therapist:
    """Make a therapist that is not kept yet."""
    return Therapist(0, code, "en", "Europe/London", f"Dr {code}")


def client(code: str, therapist_id: int, state: ClientState = ClientState.ACTIVE) -> Client:
    """Make a client that is not kept yet."""
    return Client(
        0, code, therapist_id, "en", "Europe/Paris", "FR", AgeGroup.ADULT, state, None, f"Name of {code}"
    )


async def enrol(store: Store, code: str = "AB", therapist_code: str = "T1") -> Case:
    """Keep a client and, unless there is one of that code, a therapist; each with an address."""
    async with store.transaction() as tx:
        known = await tx.people.therapist(therapist_code)
        therapist_id = known.id if known else await tx.people.add_therapist(therapist(therapist_code), NOW)
        assert therapist_id is not None
        client_id = await tx.people.add_client(client(code, therapist_id), NOW)
        assert client_id is not None
        await tx.people.open_episode(client_id, NOW)
        ours, theirs = ("sms", f"+1{code}"), ("telegram", f"1{therapist_code}")
        await tx.addresses.meet([ours, theirs], NOW)
        await tx.addresses.give(*ours, client_id=client_id)
        await tx.addresses.give(*theirs, therapist_id=therapist_id)
        found = await tx.addresses.contacts([ours, theirs])
        episodes = await tx.people.episodes([client_id])
    return Case(client_id, therapist_id, episodes[client_id], found[ours].id, found[theirs].id)


def occurrence(case: Case, day: int = 0, state: CheckInState = CheckInState.WAITING) -> NewCheckIn:
    """Make one occurrence of a weekly ORS, `day` days from today."""
    due = NOW + timedelta(days=day)
    return NewCheckIn(
        client_id=case.client,
        episode_id=case.episode,
        measure="ors",
        origin="schedule:weekly",
        local_date=TODAY + timedelta(days=day),
        slot="ors",
        state=state,
        due_at=due,
        remind_at=due + 24 * HOUR,
        expires_at=due + 48 * HOUR,
    )


async def opened(tx: Transaction, case: Case, day: int = 0) -> CheckIn:
    """Keep a check-in that is open."""
    (added,) = await tx.check_ins.add([occurrence(case, day, CheckInState.OPEN)])
    return added


def received(case: Case, external_id: str, said: str = "7") -> Received:
    """Make a text that arrived from the client."""
    return Received("sms", "AC1", external_id, case.address, "text", said, NOW)


def alert(case: Case, severity: Severity = Severity.SOON) -> Alert:
    """Make an alert that is not kept yet."""
    findings = (
        Finding("drop", severity, None, 300, 240),
        Finding("alliance_item_low", Severity.DIGEST, "goals", None, 85),
        Finding("opted_out", Severity.SOON),
    )
    return Alert(0, case.client, "AB", case.therapist, None, severity, findings, NOW)
