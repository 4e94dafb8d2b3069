"""The command line."""

from __future__ import annotations

import typer

from bot.cli import (
    alerts,
    assessing,
    calendar_importing,
    charting,
    costing,
    database,
    emergency,
    goals,
    importing,
    modelling,
    operate,
    people,
    preferences,
    previewing,
    reading,
    replaying,
    scores,
    sessions,
    simulating,
    texting,
    times,
)

app = typer.Typer(
    name="attune",
    help="Feedback-informed treatment by text message: asks clients how they are and how the session was,"
    " and tells their therapist in time.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
operate.add_to(app)
reading.add_to(app)
assessing.add_to(app)
replaying.add_to(app)
previewing.add_to(app)
simulating.add_to(app)
costing.add_to(app)
importing.add_to(scores.app)
preferences.add_to(people.clients)
goals.add_to(people.clients)
charting.add_to(people.clients)
emergency.add_to(people.clients, people.therapists)
times.add_to(people.clients, people.therapists)
calendar_importing.add_to(sessions.app)
app.add_typer(people.clients, name="client")
app.add_typer(people.therapists, name="therapist")
app.add_typer(alerts.app, name="alert")
app.add_typer(sessions.app, name="session")
app.add_typer(scores.app, name="score")
app.add_typer(modelling.app, name="model")
app.add_typer(texting.app, name="sms")
app.add_typer(database.app, name="db")


def main() -> None:
    """Run the command line."""
    app()
