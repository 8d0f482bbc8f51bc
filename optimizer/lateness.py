"""Why an order is late, in seconds that add up: each cause gets what it adds to the next one's lateness.

Every constraint implies a time at the door if it were the only one. Sorted by it, the latest makes the
order late by what it exceeds the second latest, the second by what it exceeds the third, down to the
promise; equal ones share. Whatever implies a time within the promise has slack and is no cause. What no
constraint explains fell to how the order was carried out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import groupby, pairwise

import networkx as nx

from optimizer.calendar import door_by
from optimizer.expectation import Constraint, OrderFacts, Part


@dataclass(frozen=True)
class Cause:
    """``late_by_s`` of the lateness are due to ``constraint``; alone it implies the door at ``door_at``.

    ``chain`` are the ids from the order down to the fact that proves it. Of three kinds, which stand for
    no constraint, the first is "delivery": handed over later than planned; the second "vehicle": planned
    later than it was ready; the third "unplanned": on no plan before its day was over.
    """

    constraint: Constraint
    chain: tuple[str, ...]
    door_at: int
    late_by_s: int


@dataclass(frozen=True)
class Slack:
    """A constraint that is no cause: it allows the door at ``door_at``, ``slack_s`` before the promise."""

    constraint: Constraint
    chain: tuple[str, ...]
    door_at: int
    slack_s: int


@dataclass(frozen=True)
class Attribution:
    """The causes, what matters most first, adding up to ``late_by_s``; and what is no cause."""

    late_by_s: int
    causes: tuple[Cause, ...]
    slack: tuple[Slack, ...]


@dataclass(frozen=True)
class _Claim:
    """Constraints that lead to one fact: the one of them that implies the latest door time.

    ``soonest_at`` is that time whatever day the order is meant for.
    """

    constraint: Constraint
    chain: tuple[str, ...]
    door_at: int
    soonest_at: int


def attribute(
    facts: OrderFacts,
    evidence: nx.DiGraph[str],
    *,
    expected_at: int,
    now: int,
    carried_out: Mapping[str, tuple[str, ...]],
) -> Attribution:
    """Attribute the lateness of an order that is expected at ``expected_at``, as computed at ``now``.

    ``evidence`` leads from the order through the constraints' evidence to facts, whose nodes have their
    time as ``at`` (all UTC epoch ms). ``carried_out`` maps the warehouse of each part to the ids, from
    the order on, that tell how it was carried out.
    """
    late_by_s = _late_s(expected_at, facts)
    claims = _claims(facts, evidence, now=now)
    late = [claim for claim in claims if claim.door_at > facts.promised_at]
    explained = [_capped(claim, expected_at) for claim in late]
    causes = _shared(explained, facts) if late_by_s else []
    rest_s = late_by_s - sum(cause.late_by_s for cause in causes)
    if rest_s:
        causes.append(_carried_out(facts, expected_at, rest_s, carried_out))
    causes.sort(key=lambda c: (-c.late_by_s, -c.door_at, c.chain))
    return Attribution(late_by_s, tuple(causes), tuple(_slack(claims, facts)))


def door_alone(
    facts: OrderFacts, parts: Iterable[Part], constraint: Constraint, *, not_before: date, now: int
) -> int:
    """By when (UTC epoch ms) the parts would be at the door if the constraint were the only one."""
    return max(
        door_by(
            constraint.cleared_by(now),
            not_before=not_before,
            transit_s=part.transit_s,
            calendar=part.calendar,
            hours=facts.hours,
        )
        for part in parts
    )


def chain_of(constraint: Constraint, evidence: nx.DiGraph[str]) -> tuple[str, ...]:
    """From the order through the constraint's evidence on to the latest fact that it leads to."""
    anchor = constraint.evidence[-1]
    if len(constraint.evidence) == 1 or anchor not in evidence:
        return constraint.evidence
    further = nx.descendants(evidence, anchor)
    if not further:
        return constraint.evidence
    fact = max(further, key=lambda id: (evidence.nodes[id].get("at", -1), id))
    return (*constraint.evidence, *nx.shortest_path(evidence, anchor, fact)[1:])


def _claims(facts: OrderFacts, evidence: nx.DiGraph[str], *, now: int) -> list[_Claim]:
    """One claim for each kind and fact, the latest door first."""
    all_parts = facts.parts
    scoped = [(constraint, all_parts) for constraint in facts.constraints]
    scoped += [(constraint, (part,)) for part in all_parts for constraint in part.constraints]
    latest: dict[tuple[str, str], _Claim] = {}
    for constraint, parts in scoped:
        chain = chain_of(constraint, evidence)
        door_at = door_alone(facts, parts, constraint, not_before=facts.not_before, now=now)
        soonest_at = door_alone(facts, parts, constraint, not_before=date.min, now=now)
        claim = _Claim(constraint, chain, door_at, soonest_at)
        key = constraint.kind, chain[-1]
        if key not in latest or _rank(claim) < _rank(latest[key]):
            latest[key] = claim
    return sorted(latest.values(), key=_rank)


def _rank(claim: _Claim) -> tuple[int, int, int, tuple[str, ...]]:
    return -claim.door_at, -claim.soonest_at, -claim.constraint.clears_at, claim.chain


def _capped(claim: _Claim, expected_at: int) -> _Claim:
    """A vehicle may bring it earlier than by the end of the day that the constraint implies."""
    return replace(claim, door_at=min(claim.door_at, expected_at))


def _shared(claims: Sequence[_Claim], facts: OrderFacts) -> list[Cause]:
    by_lateness = sorted(claims, key=lambda claim: (-_late_s(claim.door_at, facts), *_rank(claim)))
    levels = [
        (late_s, list(equal))
        for late_s, equal in groupby(by_lateness, key=lambda claim: _late_s(claim.door_at, facts))
        if late_s
    ]
    causes = []
    for (late_s, equal), (next_s, _) in pairwise([*levels, (0, [])]):
        for claim, share_s in zip(equal, _split(late_s - next_s, len(equal)), strict=True):
            if share_s:
                causes.append(Cause(claim.constraint, claim.chain, claim.door_at, share_s))
    return causes


def _split(total: int, among: int) -> list[int]:
    each, rest = divmod(total, among)
    return [each + (1 if i < rest else 0) for i in range(among)]


def _carried_out(
    facts: OrderFacts, expected_at: int, late_by_s: int, carried_out: Mapping[str, tuple[str, ...]]
) -> Cause:
    """The lateness that nothing but the way the latest part was carried out explains."""
    kinds = []
    for part in facts.parts:
        if part.delivered_at == expected_at:
            kinds.append((0, part, "delivery"))
        elif part.delivered_at is None and part.arrives_at == expected_at:
            kinds.append((1, part, "vehicle"))
        elif part.delivered_at is None:
            kinds.append((2, part, "unplanned"))
    _, part, kind = min(kinds, key=lambda k: k[0], default=(2, facts.parts[0], "unplanned"))
    chain = carried_out.get(part.warehouse_id, (facts.order_id,))
    return Cause(Constraint(kind, expected_at, chain), chain, expected_at, late_by_s)


def _slack(claims: Iterable[_Claim], facts: OrderFacts) -> Iterable[Slack]:
    for claim in claims:
        if claim.door_at <= facts.promised_at and claim.constraint.kind != "placed":
            slack_s = (facts.promised_at - claim.soonest_at) // 1000
            yield Slack(claim.constraint, claim.chain, claim.soonest_at, slack_s)


def _late_s(at: int, facts: OrderFacts) -> int:
    return max(0, -(-(at - facts.promised_at) // 1000))
