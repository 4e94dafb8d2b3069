"""What a client reads on joining, on leaving and on asking for help."""

from __future__ import annotations

from bot.languages import Language
from bot.wording.house import House, help_in


def consent_question(language: Language, house: House) -> str:
    """Ask for consent: what happens, who reads it, how to end it."""
    own = house.consent or language.text(
        "Hello. {clinic} would like to ask you, by message, a few short questions about how you are and how"
        " your sessions go. Your therapist, or a colleague standing in, reads your answers and what you"
        " write; the clinic's supervisors may too. Your words, name and number are stored encrypted. This is"
        " automated, nobody watches it around the clock, and it is no emergency service. It is up to you,"
        " and you can stop at any time by writing STOP."
    )
    return own.replace("{clinic}", house.name) + "\n" + language.text("Write AGREE to take part, or NO.")


def consent_buttons(language: Language) -> tuple[str, str]:
    """Label the buttons that agree and decline."""
    return language.text("AGREE"), language.text("NO")


def consent_again(language: Language) -> str:
    """Ask for consent again, after something that was neither a yes nor a no."""
    return language.text("I can only begin once you agree. Write AGREE to take part, NO if not, or HELP.")


def consent_given(language: Language) -> str:
    """Welcome a client who agreed."""
    return language.text(
        "Thank you. You will hear from me when the first questions are due. Write HELP at any time, STOP to"
        " end."
    )


def consent_declined(language: Language) -> str:
    """Accept a no."""
    return language.text("That is fine. You won't be asked anything. If you change your mind, write AGREE.")


def help_text(language: Language, house: House, country: str) -> str:
    """Answer HELP: what this is, how to answer and to stop, and where to turn in an emergency."""
    said = language.text(
        "I am {clinic}'s automated check-in. I ask short questions; answer with a number from 0 to 10, or"
        " write skip, back, or anything you want your therapist to read. Write STOP to end."
    ).format(clinic=house.name)
    parts = [said]
    if house.contact:
        parts.append(
            language.text("To speak to somebody other than your therapist: {contact}.").format(
                contact=house.contact
            )
        )
    parts.append(
        language.text("This is no emergency service. If you are in danger, call {emergency}.").format(
            emergency=help_in(house, country).emergency
        )
    )
    return " ".join(parts)


def stopped(language: Language, *, elsewhere: bool = False) -> str:
    """Confirm STOP, where no network has; `elsewhere`: messages go on to another address."""
    if elsewhere:
        return language.text(
            "You will get no more messages from me here. Elsewhere they go on: write STOP there too, or START"
            " here if you want them again."
        )
    return language.text("You will get no more messages from me. Write START if you want them again.")


def started(language: Language, *, asking: bool = False) -> str:
    """Confirm START; where `asking`, the open question follows."""
    if asking:
        return language.text("Welcome back. Write STOP at any time to end.")
    return language.text(
        "Welcome back. You will hear from me when the next questions are due. Write STOP to end."
    )


def language_changed(language: Language) -> str:
    """Confirm, in the new language, that it is the one from now on."""
    return language.text("From now on I write to you in {language}.").format(language=language.name)


def stranger(language: Language, house: House, country: str) -> str:
    """Answer somebody we do not know, once."""
    return language.text(
        "Hello, this is {clinic}'s automated check-in. I don't know this number or account, so please ask the"
        " clinic for an invitation. In an emergency, call {emergency}."
    ).format(clinic=house.name, emergency=help_in(house, country).emergency)


def too_many(language: Language, house: House, country: str) -> str:
    """Ask a client who writes more than is answered to wait, once in a while."""
    return language.text(
        "You are writing faster than I can answer. What comes now is kept, but not passed on. Please wait a"
        " minute, then write again. In an emergency, call {emergency}."
    ).format(emergency=help_in(house, country).emergency)


def invitation_unknown(language: Language) -> str:
    """Answer an invitation that is unknown, used up or too old."""
    return language.text("This invitation is no longer valid. Please ask the clinic for a new one.")


def address_taken(language: Language) -> str:
    """Answer an invitation that comes from an address that belongs to somebody else here."""
    return language.text("This account is already in use here. Please ask the clinic for help.")
