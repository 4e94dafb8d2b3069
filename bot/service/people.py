"""What administrators do with people: add, invite, ask, pause, close."""

from __future__ import annotations

import dataclasses
import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from bot import wording
from bot.plain import storable
from bot.service import asking, joining, planning, session_series, session_sync
from bot.service.desk import ToTherapist
from bot.service.opening import open_new
from storage.records import (
    AddressState,
    CheckInState,
    Client,
    ClientState,
    Contact,
    NewCheckIn,
    Priority,
    Therapist,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.service.desk import Desk

ASKED_FOR = timedelta(hours=48)
"""How long a check-in that was asked for by hand stays open."""

ANSWERS_LATE = timedelta(hours=24)
"""How long after that an answer to it still counts."""

_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,15}")


class PeopleError(Exception):
    """What was asked can't be done; the text says why, and what to do instead."""


@dataclass(frozen=True, slots=True)
class Invitation:
    """An invitation to hand over: the token for a link, and when it ends."""

    token: str
    expires_at: datetime


async def add_therapist(desk: Desk, therapist: Therapist, addresses: Sequence[tuple[str, str]]) -> int:
    """Add a therapist with the addresses known so far; alerts go to all of them.

    Raises:
        PeopleError: the code is taken or no code, or an address is somebody else's.
    """
    _check_code(therapist.code)
    therapist = dataclasses.replace(therapist, name=storable(therapist.name))
    added = await desk.tx.people.add_therapist(therapist, desk.now)
    if added is None:
        msg = f"there is a therapist {therapist.code} already; choose another code"
        raise PeopleError(msg)
    if await _give(desk, addresses, therapist_id=added):
        house = desk.policy.house
        desk.tell(
            ToTherapist(
                added, "note", lambda language: wording.therapist_welcome(language, house), Priority.ALERT
            )
        )
    desk.audit("administrator", "added", detail=f"therapist {therapist.code}")
    return added


async def add_client(desk: Desk, client: Client, therapist: str, addresses: Sequence[tuple[str, str]]) -> int:
    """Add a client of a therapist (by code). Nothing is sent before `invite`.

    Raises:
        PeopleError: the code is taken or no code, no such therapist, or an address is somebody else's.
    """
    _check_code(client.code)
    treating = await desk.tx.people.therapist(therapist)
    if treating is None:
        msg = f"there is no therapist {therapist}; add one first: attune therapist add {therapist}"
        raise PeopleError(msg)
    owned = dataclasses.replace(
        client,
        therapist_id=treating.id,
        state=ClientState.INVITED,
        consented_at=None,
        name=storable(client.name),
    )
    added = await desk.tx.people.add_client(owned, desk.now)
    if added is None:
        msg = f"there is a client {client.code} already; choose another code"
        raise PeopleError(msg)
    await _give(desk, addresses, client_id=added)
    desk.audit("administrator", "added", detail=f"client {client.code}")
    return added


async def _give(
    desk: Desk,
    addresses: Sequence[tuple[str, str]],
    *,
    client_id: int | None = None,
    therapist_id: int | None = None,
) -> Sequence[Contact]:
    await desk.tx.addresses.meet(addresses, desk.now)
    for channel, address in addresses:
        if not await desk.tx.addresses.give(channel, address, client_id=client_id, therapist_id=therapist_id):
            msg = f"this {channel} address is in use by somebody else here"
            raise PeopleError(msg)
    return list((await desk.tx.addresses.contacts(addresses)).values())


async def invite(desk: Desk, *, client: str | None = None, therapist: str | None = None) -> Invitation:
    """Make an invitation for a link, and send the consent question to the addresses already known.

    Raises:
        PeopleError: no such person, or a client who is not waiting for an invitation.
    """
    token = secrets.token_urlsafe(16)
    expires_at = desk.now + timedelta(days=joining.INVITATION_DAYS)
    if client is not None:
        found = await known(desk, client)
        if found.state is ClientState.CLOSED:
            msg = f"client {client} is closed; write: attune client resume {client}"
            raise PeopleError(msg)
        await desk.tx.invites.add(token, expires_at, client_id=found.id)
        if found.state is ClientState.INVITED:
            for contact in await desk.tx.addresses.of_clients([found.id]):
                if contact.state is AddressState.ACTIVE:
                    desk.consent(contact)
    else:
        treating = await desk.tx.people.therapist(therapist or "")
        if treating is None:
            msg = f"there is no therapist {therapist}; see: attune therapist list"
            raise PeopleError(msg)
        await desk.tx.invites.add(token, expires_at, therapist_id=treating.id)
    desk.audit("administrator", "invited", detail=client or therapist)
    return Invitation(token, expires_at)


async def ask(desk: Desk, code: str, measure: str) -> None:
    """Open a check-in now.

    Raises:
        PeopleError: no such client or measure, or a client who has not agreed, paused or ended.
    """
    client = await _active(desk, code)
    if measure not in desk.policy.instruments:
        msg = f"there is no measure {measure}; known are {', '.join(sorted(desk.policy.instruments))}"
        raise PeopleError(msg)
    goals = (await desk.tx.goals.of([client.id])).get(client.id, ())
    if not asking.askable(desk.policy, client, measure, goals):
        raise PeopleError(_why_not(desk, client, measure))
    episodes = await desk.tx.people.episodes([client.id])
    new = NewCheckIn(
        client_id=client.id,
        episode_id=episodes[client.id],
        measure=measure,
        origin=f"request:{secrets.token_hex(8)}",
        local_date=desk.now.date(),
        slot=measure,
        state=CheckInState.WAITING,
        due_at=desk.now,
        remind_at=None,
        expires_at=desk.now + ASKED_FOR,
        together=client.ask == "together",
        late_until=desk.now + ASKED_FOR + ANSWERS_LATE,
    )
    await open_new(desk, [new], {client.id: client})
    desk.audit("administrator", "asked", client=client, detail=measure)


def _why_not(desk: Desk, client: Client, measure: str) -> str:
    """Say why a client can't be asked a measure."""
    policy, language = desk.policy, desk.policy.speak_to(client)
    if policy.offers(measure, language):
        return f'{client.code} has no goals yet; write: attune client goal {client.code} "sleep better"'
    if policy.offers(measure, policy.speak(client.language)):
        return f"{measure} can't be asked on a shared phone: its official text would say what it is about"
    spoken = ", ".join(policy.languages[code].name for code in policy.offered_in(measure)) or "no language"
    return f"{measure} has no text in {language.name} that may be used; it can be asked in {spoken}"


async def pause(desk: Desk, code: str) -> None:
    """Ask a client nothing until `resume`.

    Raises:
        PeopleError: no such client, or one who is not being asked.
    """
    client = await _active(desk, code)
    await desk.tx.people.set_client_state(client.id, ClientState.PAUSED)
    await _withdraw(desk, client)
    await _silence(desk, client)
    desk.audit("administrator", "paused", client=client)


async def resume(desk: Desk, code: str) -> None:
    """Ask a paused client again; a closed one starts a new episode.

    Raises:
        PeopleError: no such client, or one who never agreed.
    """
    client = await known(desk, code)
    if client.consented_at is None:
        msg = f"client {code} has not agreed yet; write: attune client invite {code}"
        raise PeopleError(msg)
    if client.state is not ClientState.ACTIVE:
        await desk.tx.people.set_client_state(client.id, ClientState.ACTIVE)
        await desk.tx.people.open_episode(client.id, desk.now)
        await planning.plan(desk, [client], anew=True)
        await session_sync.sync(desk, [client])
        await session_series.take_up(desk, dataclasses.replace(client, state=ClientState.ACTIVE))
        desk.audit("administrator", "resumed", client=client)


async def close(desk: Desk, code: str, ending: str) -> None:
    """End a client's episode: nothing is asked any more, everything is kept.

    Raises:
        PeopleError: no such client.
    """
    client = await known(desk, code)
    await desk.tx.people.set_client_state(client.id, ClientState.CLOSED)
    await _withdraw(desk, client)
    await desk.tx.people.close_episode(client.id, ending, desk.now)
    await planning.stop(desk, client)
    await _silence(desk, client)
    desk.audit("administrator", "closed", client=client, detail=ending)


async def known(desk: Desk, code: str) -> Client:
    """Find and lock a client by code.

    Raises:
        PeopleError: no such client.
    """
    client = await desk.tx.people.client(code, lock=True)
    if client is None:
        msg = f"there is no client {code}; see: attune client list"
        raise PeopleError(msg)
    return client


async def _active(desk: Desk, code: str) -> Client:
    client = await known(desk, code)
    if client.state is not ClientState.ACTIVE:
        why = {
            ClientState.INVITED: f"has not agreed yet; write: attune client invite {code}",
            ClientState.PAUSED: f"is paused; write: attune client resume {code}",
            ClientState.CLOSED: f"is closed; write: attune client resume {code}",
        }[client.state]
        msg = f"client {code} {why}"
        raise PeopleError(msg)
    return client


async def _withdraw(desk: Desk, client: Client) -> None:
    """Close what is open, and pass on what the client wrote meanwhile."""
    withdrawn = await desk.tx.check_ins.withdraw(client.id, desk.now)
    remarks = await desk.tx.inbox.untold(withdrawn, desk.now)
    if words := tuple(one.text for one in remarks):
        desk.note(client, "remark", lambda language: wording.remarks(language, client.code, words))


async def _silence(desk: Desk, client: Client) -> None:
    """Stop questions that wait to go out; replies, alerts and the crisis text go on."""
    contacts = await desk.tx.addresses.of_clients([client.id])
    kept = ("reply", "break", "crisis", "edit", "alert", "note", "remark", "alarm")
    await desk.tx.outbox.withdraw_all([one.id for one in contacts], kept, desk.now)


def _check_code(code: str) -> None:
    if not _CODE.fullmatch(code):
        msg = "a code is 1 to 16 letters, digits, dots, dashes or underscores, such as AB or KT-07"
        raise PeopleError(msg)
