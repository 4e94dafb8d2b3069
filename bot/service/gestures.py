"""What somebody did that is no message: a button, an edit, a picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot import messages, replies, safety, wording
from bot.channels.base import Edited
from bot.conversation import choose
from bot.messages import AckPress, AnswerPress, ConfirmPress, ConsentPress
from bot.replies import Steer
from bot.service import confirming, joining, late, noticing, opting, talking, therapists
from bot.service.talk import Heard
from storage.records import AddressState, ClientState, Contact

if TYPE_CHECKING:
    from bot.service.batch import Batch
    from bot.service.desk import Desk


async def pressed(batch: Batch, contact: Contact, data: str, *, message_id: str, inbound_id: int) -> str:
    """Do what a button says that hung on the message `message_id`."""
    desk = batch.desk
    match messages.press(data):
        case AckPress(alert_id) if contact.therapist:
            return await therapists.acknowledge(desk, contact, alert_id, pressed=message_id)
        case ConsentPress(agreed) if contact.client and contact.client.state is ClientState.INVITED:
            join = joining.agree if agreed else joining.decline
            return await join(desk, contact, contact.client, pressed=message_id)
        case ConsentPress(True) if _agrees_here_too(contact) and contact.client:
            return await joining.agree(desk, contact, contact.client, pressed=message_id)
        case ConfirmPress() as press if contact.client and contact.state is AddressState.ACTIVE:
            return await confirming.pressed(desk, contact, contact.client, press, message_id=message_id)
        case AnswerPress() as press if contact.client:
            return await _chose(batch, press, Heard(contact, inbound_id, message_id))
        case _:
            if contact.client or contact.therapist:
                desk.reply(contact, wording.closed_question(desk.language_of(contact)))
            return "stale"


async def _chose(batch: Batch, press: AnswerPress, heard: Heard) -> str:
    desk, contact = batch.desk, heard.contact
    talk, language = (
        batch.talk(contact) or await late.pressed(batch, contact, press),
        desk.language_of(contact),
    )
    if talk is None or talk.check_in.id != press.check_in_id:
        over = None if talk else await late.too_late(desk, contact, check_in_id=press.check_in_id)
        desk.reply(contact, over or wording.closed_question(language))
        return "stale"
    scale = talk.conversation.response.instrument.scale
    if press.mark is not None and not scale.takes(press.mark):
        desk.reply(contact, wording.closed_question(language))
        return "stale"
    if talk.conversation.response.position != press.position:
        desk.reply(contact, wording.answered_already(language))
        return "stale"
    turn = choose(talk.conversation, press.mark)
    await talking.carry_out(desk, talk, turn, heard)
    return turn.reading


async def edited(batch: Batch, contact: Contact, edit: Edited, inbound_id: int) -> str:
    """Read an edited message for danger; it corrects what it answered, or else its words are passed on."""
    desk, text = batch.desk, edit.text
    signs = safety.look(text, desk.policy.lexicon)
    if signs.crisis:
        await batch.cry(contact, text)
        return "crisis"
    await noticing.notice(desk, contact, text, signs)
    if contact.client is None:
        return "edited"
    if replies.command(text, desk.language_of(contact)) is Steer.STOP:
        await opting.leave(desk, contact, confirm=True)
        return "stop"
    if contact.client.consented_at is None:
        return "edited"
    talk = batch.talk(contact)
    if talk and (reading := await talking.edited(desk, talk, edit, Heard(contact, inbound_id))):
        return reading
    desk.pass_on(contact.client, text)
    if contact.state is AddressState.ACTIVE:
        desk.reply(contact, wording.edited(desk.language_of(contact)))
    return "edited"


async def media(desk: Desk, contact: Contact) -> str:
    """Answer a picture, a voice message or a sticker kindly: it can't be read."""
    if contact.client is None and contact.therapist is None:
        return await joining.greet_stranger(desk, contact)
    if contact.state is AddressState.ACTIVE:
        desk.reply(contact, wording.text_only(desk.language_of(contact)))
    return "empty"


def _agrees_here_too(contact: Contact) -> bool:
    """Tell whether a client who is asked at another address says yes at this one for the first time."""
    client = contact.client
    return client is not None and client.state is ClientState.ACTIVE and not contact.agreed
