"""What can be simulated, and what is said where it can't."""

from __future__ import annotations

from collections import Counter
from datetime import date

import pytest

from bot.simulation.caseload import PLACES, caseload
from bot.simulation.personas import CLIENTS, IN_DANGER
from bot.simulation.scenario import ScenarioError
from tests.bot.simulation.scenes import scenario


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        pytest.param(
            {"weeks": 0}, "0 weeks can't be simulated; write --weeks with a number from 1", id="no week"
        ),
        pytest.param({"weeks": -3}, "-3 weeks", id="negative weeks"),
        pytest.param({"weeks": 1041}, "from 1 to 1040", id="a week too many"),
        pytest.param({"clients": 0}, "0 clients can't be simulated; write --clients", id="no client"),
        pytest.param({"clients": -1}, "-1 clients", id="negative clients"),
        pytest.param({"clients": 10_000}, "from 1 to 9999", id="a client too many"),
        pytest.param(
            {"start": date(1999, 12, 31)}, "write --start with a day from 2000-01-01", id="long ago"
        ),
        pytest.param({"start": date(2100, 1, 2)}, "to 2100-01-01", id="far away"),
    ],
)
def test_what_cannot_be_simulated_is_refused(changed: dict[str, object], says: str) -> None:
    with pytest.raises(ScenarioError, match=says):
        scenario(**changed)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "changed",
    [{"weeks": 1}, {"weeks": 1040}, {"clients": 1}, {"clients": 9999}, {"start": date(2100, 1, 1)}],
)
def test_what_is_just_in_range_is_taken(changed: dict[str, object]) -> None:
    assert scenario(**changed) is not None  # type: ignore[arg-type]


def test_a_caseload_is_the_same_for_a_seed_and_another_for_another() -> None:
    kinds = [
        [one.persona.name for one in caseload(scenario(clients=40, seed=seed)).clients] for seed in (1, 1, 2)
    ]
    assert kinds[0] == kinds[1] != kinds[2]


def test_everybody_is_there_and_nobody_twice() -> None:
    everybody = caseload(scenario(clients=sum(one.share for one in CLIENTS)))
    counted = Counter(one.persona for one in everybody.clients)
    assert counted == {one: one.share for one in CLIENTS}
    assert {(one.zone, one.country) for one in everybody.clients} == set(PLACES)
    assert len({one.code for one in everybody.clients}) == len(everybody.clients)


@pytest.mark.parametrize(("clients", "therapists"), [(1, 1), (20, 1), (21, 2), (200, 10)])
def test_a_therapist_has_twenty_clients_at_most(clients: int, therapists: int) -> None:
    everybody = caseload(scenario(clients=clients))
    assert len(everybody.therapists) == therapists
    assert max(Counter(one.therapist for one in everybody.clients).values()) <= 20


def test_one_client_is_in_danger_where_it_is_asked_for() -> None:
    asked, unasked = caseload(scenario(clients=30, danger=True)), caseload(scenario(clients=30))
    assert [one.persona for one in asked.clients].count(IN_DANGER) == 1
    assert IN_DANGER not in [one.persona for one in unasked.clients]
