"""What one transaction is to write, collected while deciding and written in bulk at its end."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog

from bot import messages, timetable, wording
from bot.channels.base import Message
from bot.languages import Language
from bot.plain import storable
from bot.service.stand_ins import circle_of
from scoring.rules import Severity
from storage.records import (
    AddressState,
    Alert,
    AuditEntry,
    Client,
    Contact,
    Draft,
    Priority,
    Remark,
    Therapist,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from bot.policy import Policy
    from scoring.rules import Finding
    from storage.store import Transaction

log = structlog.get_logger(__name__)

LIMIT = 500
"""How many rows, people or sessions one transaction of the clock works on."""

Say = Callable[[Language], str]
"""Makes a text in the reader's language."""


@dataclass(frozen=True, slots=True)
class ToTherapist:
    """Something for a client's therapist: at once where urgent, else in waking hours or in the morning."""

    therapist_id: int
    kind: str
    say: Say
    priority: Priority
    alert: Alert | None = None
    wait_until_morning: bool = False


class Desk:
    """Collects answers to people, words for therapists and alarms; `flush` queues them all."""

    def __init__(self, transaction: Transaction, policy: Policy, now: datetime) -> None:
        """Begin with nothing to write."""
        self.tx = transaction
        self.policy = policy
        self.now = now
        self.at_hand: Collection[int] = ()
        """Whose affairs are worked on, by the clients' ids: the log of what fails names them."""
        self._drafts: list[Draft] = []
        self._asked: set[int] = set()
        self._therapists: list[ToTherapist] = []
        self._alarms: list[Say] = []
        self._remarks: list[Remark] = []
        self._told: list[Remark] = []
        self._audit: list[AuditEntry] = []

    def reply(self, contact: Contact, text: str, *, kind: str = "reply") -> None:
        """Answer what somebody just wrote, at any hour; of the kind "break" where that is a wish for one."""
        self._draft(contact, kind, Priority.REPLY, Message(text))

    def queue(self, draft: Draft) -> None:
        """Queue a message that stands."""
        self._drafts.append(draft)

    def picture(self, contact: Contact, text: str, client_id: int) -> None:
        """Answer with a client's picture, where the network shows one, over words that say the same."""
        language = self.language_of(contact).code
        body = messages.pack(Message(text, private=True), picture_of=(client_id, language))
        self._drafts.append(Draft(contact.id, "chart", Priority.REPLY, body, self.now))

    def postponed(self, contact: Contact, check_in_id: int, text: str) -> None:
        """Say that a check-in is put off: the only reply that belongs to one, so that they can be counted."""
        body = messages.pack(Message(text))
        draft = Draft(contact.id, "reply", Priority.REPLY, body, self.now, check_in_id=check_in_id)
        self._drafts.append(draft)

    def help(self, contact: Contact, text: str) -> None:
        """Send the crisis text, before everything else."""
        self._draft(contact, "crisis", Priority.CRISIS, Message(text))

    def consent(self, contact: Contact, *, again: bool = False, answering: bool = False) -> None:
        """Put the consent question in waking hours, at once where it answers; shorter where put `again`."""
        language = self.language_of(contact)
        text = wording.consent_question(language, self.policy.house)
        if again:
            text = wording.consent_again(language)
        buttons = messages.consent(*wording.consent_buttons(language))
        if again or answering or contact.client is None:
            self._draft(contact, "consent", Priority.REPLY, Message(text, buttons))
            return
        when = timetable.waking(self.now, contact.client.zone, self.policy.quiet)
        kind, message = "consent", Message(text, buttons)
        if contact.client.discreet:  # whoever holds the phone writes first, and then reads what this is
            kind, message = "note", Message(wording.consent_opener(language))
        self._draft(contact, kind, Priority.QUESTION, message, not_before=when)

    def question(self, contact: Contact, draft: Draft) -> None:
        """Queue a question of a check-in, as `asking` made it; it takes the place of one not yet written."""
        if draft.check_in_id is not None:
            self.unask(draft.check_in_id)
            self._asked.add(draft.check_in_id)
        self._drafts.append(dataclasses.replace(draft, address_id=contact.id))

    def unask(self, check_in_id: int) -> None:
        """Drop the question of a check-in that is not yet written: one batch may hold its answer too."""
        if check_in_id not in self._asked:
            return
        self._asked.remove(check_in_id)
        self._drafts = [one for one in self._drafts if one.check_in_id != check_in_id or one.position is None]

    def edit(self, contact: Contact, external_id: str, text: str) -> None:
        """Replace an answered question by what was chosen, where the channel can."""
        if contact.channel in self.policy.edits:
            self._draft(contact, "edit", Priority.REMINDER, Message(text).replacing(external_id))

    def tell(self, message: ToTherapist) -> None:
        """Tell a therapist, by every address that works."""
        self._therapists.append(message)

    def being_told(self, alert: Alert) -> tuple[int, ...]:
        """List the therapists to whom this transaction sends an alert, by id."""
        return tuple(
            one.therapist_id for one in self._therapists if one.alert is not None and one.alert.id == alert.id
        )

    def note(self, client: Client, kind: str, say: Say) -> None:
        """Tell a client's therapist something that is no alert."""
        self.tell(ToTherapist(client.therapist_id, kind, say, Priority.ALERT))

    def alarm(self, say: Say) -> None:
        """Tell the operators something technical: ids, never a person."""
        self._alarms.append(say)

    def remark(self, client: Client, text: str, check_in_id: int | None, *, told: bool) -> None:
        """Keep a client's own words; `told` where they go to the therapist in this transaction."""
        kept = Remark(0, client.id, check_in_id, storable(text), self.now)
        if told or not self._is_told(kept):
            (self._told if told else self._remarks).append(kept)

    def _is_told(self, remark: Remark) -> bool:
        """Tell whether an alert of this transaction carries the same words to the therapist already."""
        return any((one.client_id, one.text) == (remark.client_id, remark.text) for one in self._told)

    def pass_on(self, client: Client, text: str) -> None:
        """Keep a client's own words and send them to the therapist at once."""
        if self._is_told(Remark(0, client.id, None, storable(text), self.now)):
            return
        self.remark(client, text, None, told=True)
        self.note(client, "remark", lambda language: wording.remarks(language, client.code, (text,)))

    def audit(
        self,
        actor: str,
        action: str,
        *,
        client: Client | None = None,
        therapist: Therapist | None = None,
        check_in_id: int | None = None,
        detail: str | None = None,
    ) -> None:
        """Write to the audit trail."""
        self._audit.append(
            AuditEntry(
                self.now,
                actor,
                action,
                client.id if client else None,
                therapist.id if therapist else None,
                check_in_id,
                detail,
            )
        )

    async def raise_alert(
        self, client: Client, severity: Severity, findings: Sequence[Finding], check_in_id: int | None
    ) -> Alert:
        """Keep an alert; its number is needed to write its message."""
        return await self.tx.alerts.add(self.alert(client, severity, findings, check_in_id))

    async def raise_alerts(self, alerts: Sequence[Alert]) -> tuple[Alert, ...]:
        """Keep alerts, and give them back in this order with their numbers."""
        return await self.tx.alerts.add_all(alerts)

    def alert(
        self, client: Client, severity: Severity, findings: Sequence[Finding], check_in_id: int | None
    ) -> Alert:
        """Make an alert that is still to be kept."""
        return Alert(
            0,
            client.id,
            client.code,
            client.therapist_id,
            check_in_id,
            severity,
            tuple(findings),
            self.now,
        )

    def language_of(self, contact: Contact) -> Language:
        """Give the language in which to write to an address."""
        if contact.client is not None:
            return self.policy.speak_to(contact.client)
        return self.policy.speak(contact.therapist.language if contact.therapist else None)

    async def reaches(self, therapist_id: int, *, but: int | None = None) -> bool:
        """Tell whether a therapist has an address that works, other than the one with the id `but`."""
        found = await self.tx.addresses.of_therapists([therapist_id])
        return any(one.state is AddressState.ACTIVE and one.id != but for one in found)

    async def flush(self) -> None:
        """Write everything collected; remarks before the messages that carry them."""
        await self.keep_remarks()
        await self.tx.inbox.remark(self._told, told_at=self.now)
        if self._therapists:
            await self._flush_therapists()
        if self._alarms:
            await self._flush_alarms()
        await self.tx.outbox.queue(self._drafts, self.now)
        await self.tx.alerts.audit(self._audit)

    async def keep_remarks(self) -> None:
        """Write what clients said in this transaction, so that a check-in that ends in it passes it on."""
        await self.tx.inbox.remark(self._remarks)
        self._remarks = []

    async def _flush_therapists(self) -> None:
        """Queue what therapists are told; an alert whose therapist can't be reached goes to who stands in."""
        reachable = await self._reachable()
        silent = [one for one in self._therapists if one.therapist_id not in reachable]
        for message in silent:
            if message.alert is not None and message.therapist_id == message.alert.therapist_id:
                await self.stand_in(message.alert, message.say, message.priority)
        reachable = await self._reachable() if silent else reachable
        for message in self._therapists:
            self._to_therapist(message, reachable)

    async def stand_in(self, alert: Alert, say: Say, priority: Priority) -> bool:
        """Send an alert to those who stand in for its therapist; False where nobody does, or is told already.

        Danger to a client has a way of its own to them (`bot.service.escalation`).
        """
        if alert.severity is Severity.URGENT:
            return False
        circle = await circle_of(self, alert.therapist_id)
        code = circle.therapist.code
        for colleague in circle.backups:
            self.tell(
                ToTherapist(
                    colleague.id,
                    "alert",
                    lambda language: f"{wording.for_a_colleague(language, code)}\n{say(language)}",
                    priority,
                    alert,
                )
            )
        return bool(circle.backups)

    async def _reachable(self) -> Mapping[int, Sequence[Contact]]:
        ids = {one.therapist_id for one in self._therapists}
        found = await self.tx.addresses.of_therapists(ids)
        reachable: dict[int, list[Contact]] = {}
        for contact in found:
            if contact.therapist and contact.state is AddressState.ACTIVE:
                reachable.setdefault(contact.therapist.id, []).append(contact)
        return reachable

    def _to_therapist(self, message: ToTherapist, reachable: Mapping[int, Sequence[Contact]]) -> None:
        contacts = reachable.get(message.therapist_id, ())
        for contact in contacts:
            language = self.language_of(contact)
            buttons = (
                messages.ack(message.alert.id, wording.acknowledge_button(language)) if message.alert else ()
            )
            self._draft(
                contact,
                message.kind,
                message.priority,
                Message(message.say(language), buttons, private=True),
                not_before=self._when(contact, message),
                alert_id=message.alert.id if message.alert else None,
            )
        if not contacts and message.alert is not None:
            if not any(one in reachable for one in self.being_told(message.alert)):
                self.undeliverable(message.alert)
        elif not contacts and message.kind == "remark":
            self.alarm(wording.remark_undeliverable)

    def undeliverable(self, alert: Alert) -> None:
        """Tell the operators that an alert reached nobody."""
        urgent = alert.severity is Severity.URGENT
        self.alarm(lambda language: wording.alert_undeliverable(language, alert.id, urgent=urgent))

    def _when(self, contact: Contact, message: ToTherapist) -> datetime:
        if message.priority is Priority.CRISIS or contact.therapist is None:
            return self.now
        zone = contact.therapist.zone
        if message.wait_until_morning:
            return timetable.morning(self.now, zone, self.policy.quiet)
        return timetable.waking(self.now, zone, self.policy.quiet)

    async def _flush_alarms(self) -> None:
        found = await self.tx.addresses.of_operators()
        contacts = [one for one in found if one.state is not AddressState.STOPPED]
        if not contacts:
            log.error("An alarm has no operator to go to.", action="alarm", count=len(self._alarms))
        for contact in contacts:
            language = self.language_of(contact)
            for say in self._alarms:
                text = wording.alarm(language, self.policy.house, say(language))
                self._draft(contact, "alarm", Priority.ALERT, Message(text))

    def _draft(
        self,
        contact: Contact,
        kind: str,
        priority: Priority,
        message: Message,
        *,
        not_before: datetime | None = None,
        alert_id: int | None = None,
    ) -> None:
        when = self.now if not_before is None else not_before
        *before, last = messages.parts(message.text)
        parted = (
            *(dataclasses.replace(message, text=text, choices=()) for text in before),
            dataclasses.replace(message, text=last),
        )
        self._drafts += [
            Draft(contact.id, kind, priority, messages.pack(part), when, alert_id=alert_id) for part in parted
        ]
