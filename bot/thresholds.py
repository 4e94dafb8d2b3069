"""Other numbers for the rules than the site's, one changed at a time, to see what each would do."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from bot.policy import Policy

Number = Literal["reliable_change", "concern_total"]

VARIED: Mapping[Number, tuple[str, tuple[int, ...]]] = MappingProxyType(
    {
        "reliable_change": ("ors", tuple(range(40, 71, 5))),
        "concern_total": ("srs", tuple(range(340, 381, 10))),
    }
)
"""Of which measure each number is, and what to set it to, in tenths.

Reliable change from 4.0 to 7.0 is the sources' 5.0 and 6.0 and a point about them; a line from 34.0 to 38.0
two points about the source's 36.0.
"""

DECIDES: Mapping[Number, frozenset[str]] = MappingProxyType(
    {
        "reliable_change": frozenset({"deterioration", "drop", "below_best", "no_improvement"}),
        "concern_total": frozenset({"alliance_low", "alliance_strained"}),
    }
)
"""The rules whose alerts each number decides."""


@dataclass(frozen=True, slots=True)
class Threshold:
    """What a policy differs in.

    Attributes:
        ruleset: whose numbers judge.
        number: the one that is set.
        tenths: to what.
        stands: whether that is what it stands at anyway.
    """

    ruleset: str
    number: Number
    tenths: int
    stands: bool


def thresholds(policy: Policy) -> Iterator[tuple[Threshold, Policy]]:
    """Give the policies that differ from one in a number; what changes nothing is that policy itself."""
    for number, (measure, values) in VARIED.items():
        everybody = (policy, *policy.therapists.values())
        known = {getattr(one.instruments[measure].norms[one.ruleset], number) for one in everybody}
        stands = getattr(policy.instruments[measure].norms[policy.ruleset], number)
        for tenths in values:
            changed = policy if known == {tenths} else with_number(policy, measure, number, tenths)
            yield Threshold(policy.ruleset, number, tenths, tenths == stands), changed


def with_number(policy: Policy, measure: str, number: Number, tenths: int) -> Policy:
    """Set one number of a measure for all clients, those too whose therapist has numbers of their own."""
    therapists: Mapping[str, Policy] = {
        code: with_number(own, measure, number, tenths) for code, own in policy.therapists.items()
    }
    instrument = policy.instruments[measure]
    norms = instrument.norms[policy.ruleset]
    if number == "reliable_change":
        norms = dataclasses.replace(norms, reliable_change=tenths)
    else:
        norms = dataclasses.replace(norms, concern_total=tenths)
    changed = dataclasses.replace(
        instrument, norms=MappingProxyType({**instrument.norms, policy.ruleset: norms})
    )
    return dataclasses.replace(
        policy,
        instruments=MappingProxyType({**policy.instruments, measure: changed}),
        therapists=MappingProxyType(therapists),
    )
