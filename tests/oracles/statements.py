"""Who bears a period, in plain loops and fractions: what docs/method §14.40 and §14.43 say, written a second time."""

from __future__ import annotations

from fractions import Fraction
from math import floor

NO_TEAM = "(untagged)"


def largest_remainder(exact: dict, whole: int) -> dict:
    """Whole coins that add up to `whole`: down first, then one each to whoever is furthest below, of equal ones by name."""
    got = {name: floor(value) for name, value in exact.items()}
    for _ in range(whole - sum(got.values())):
        name = min(got, key=lambda one: (got[one] - exact[one], one))
        got[name] += 1
    return got


def by_weight(coins: int, weights: dict) -> dict:
    """Coins of either sign in parts by weight, rounded towards zero first."""
    every = sum(weights.values())
    parts = {name: abs(coins) * Fraction(weight) / every for name, weight in weights.items()}
    sign = -1 if coins < 0 else 1
    return {name: sign * n for name, n in largest_remainder(parts, abs(coins)).items()}


def half_up(value: Fraction) -> int:
    sign = -1 if value < 0 else 1
    return sign * floor(abs(value) + Fraction(1, 2))


def weights_of(own: dict) -> dict:
    """Own cost where it can be a weight, else the same for each."""
    if any(value < 0 for value in own.values()) or not any(own.values()):
        return dict.fromkeys(own, 1)
    return own


def bear(rows: list[dict], pools: dict, idle: str, unused: str, billed: str) -> dict:
    """(team, unit, entity, kind, pool, activity, service) -> coins.

    rows    team, unit, entity, activity, service, kind (own, idle, unused), commitment, used (covered by it), cost in coins (Fraction)
    pools   team -> even | proportional
    """
    own: dict = {}
    extra: dict = {}  # (team, kind) -> exact
    moved = dict.fromkeys(pools, Fraction(0))
    central = Fraction(0)
    for row in rows:
        team, kind, cost = row["team"], row["kind"], row["cost"]
        stays = (kind, idle) == ("idle", "owner") or (kind, unused) == ("unused", "buyer")
        if kind == "own":
            own[team] = own.get(team, Fraction(0)) + cost
        elif (kind == "idle" and idle == "central") or (kind == "unused" and unused == "central"):
            central += cost
        elif stays and team in pools:
            moved[team] += cost
        elif stays:
            extra[team, kind] = extra.get((team, kind), Fraction(0)) + cost
    for team in pools:
        moved[team] += own.pop(team, Fraction(0))
    receivers = {team: cost for team, cost in own.items() if team != NO_TEAM}
    received: dict = {}  # (team, kind, pool) -> coins
    pots = [("shared", pool, moved[pool], pools[pool], receivers) for pool in sorted(pools)]
    if idle == "proportional":
        cost = sum((row["cost"] for row in rows if row["kind"] == "idle"), Fraction(0))
        pots.append(("idle", "", cost, "proportional", receivers))
    if unused == "proportional_to_benefit":
        held = sorted({row["commitment"] for row in rows if row["kind"] == "unused"})
        for commitment in held:
            mine = [row for row in rows if row["commitment"] == commitment]
            cost = sum((row["cost"] for row in mine if row["kind"] == "unused"), Fraction(0))
            benefit: dict = {}
            for row in mine:
                if row["used"] and row["team"] not in {*pools, NO_TEAM}:
                    benefit[row["team"]] = benefit.get(row["team"], Fraction(0)) + row["cost"]
            pots.append(("unused", "", cost, "proportional", benefit or receivers))
    for kind, pool, cost, how, bearers in pots:
        coins = floor(abs(cost)) * (-1 if cost < 0 else 1)
        if not bearers:
            central += cost
            continue
        weights = dict.fromkeys(bearers, 1) if how == "even" else weights_of(bearers)
        for team, n in by_weight(coins, weights).items():
            received[team, kind, pool] = received.get((team, kind, pool), 0) + n
        central += cost - coins
    cells: dict = {(team, "own"): cost for team, cost in own.items() if cost}
    for (team, kind), cost in extra.items():
        cells[team, kind] = cells.get((team, kind), Fraction(0)) + cost
    for (team, kind, _), n in received.items():
        cells[team, kind] = cells.get((team, kind), Fraction(0)) + n
    cells = {key: value for key, value in cells.items() if value}
    cells["", "central"] = central
    whole = half_up(sum((row["cost"] for row in rows), Fraction(0)))
    found: dict = {}
    for (team, kind), coins in largest_remainder(cells, whole).items():
        parts: dict = {}
        for row in rows:
            if row["team"] == team and row["kind"] == kind:
                part = (row["unit"], row["entity"], row["activity"], row["service"])
                parts[part] = parts.get(part, Fraction(0)) + row["cost"]
        stays = (
            kind == "own"
            or (kind == "idle" and idle == "owner")
            or (kind == "unused" and unused == "buyer")
        )
        if kind == "central":
            found["", "", "", kind, "", "", ""] = coins
        elif stays:
            for (unit, entity, *what), n in largest_remainder(parts, coins).items():
                found[(team, unit, entity, kind, "", *what)] = n
        else:
            places: dict = {}
            for row in rows:
                if row["team"] == team and row["kind"] == "own":
                    place = (row["unit"], row["entity"])
                    places[place] = places.get(place, Fraction(0)) + row["cost"]
            places = places or {("(unassigned)", billed): Fraction(1)}  # no cost of its own
            for (bearer, of, pool), n in received.items():
                if (bearer, of) == (team, kind):
                    for (unit, entity), m in by_weight(n, weights_of(places)).items():
                        key = (team, unit, entity, kind, pool, "", "")
                        found[key] = found.get(key, 0) + m
    return {key: coins for key, coins in found.items() if coins}


def pair(
    amounts: dict, to_own: Fraction, to_base: Fraction, own_to_base: Fraction
) -> tuple[list, list]:
    """(lines of who was billed, lines of the bearer): (what, key, coins of its currency, coins of base); debits above zero.

    amounts   key -> coins of the billed currency;  rates: coins of one for a coin of the other
    """
    whole = sum(amounts.values())
    base, theirs = half_up(whole * to_base), half_up(whole * to_own)
    worth = half_up(theirs * own_to_base)
    mine = largest_remainder({key: n * to_base for key, n in amounts.items()}, base)
    given = largest_remainder({key: n * to_own for key, n in amounts.items()}, theirs)
    in_base = largest_remainder({key: n * own_to_base for key, n in given.items()}, worth)
    billed = [("receivable", "", whole, base)]
    billed += [("expense", key, -n, -mine[key]) for key, n in amounts.items()]
    bearer = [("expense", key, n, in_base[key]) for key, n in given.items()]
    bearer += [("payable", "", -theirs, -base), ("fx", "", 0, base - worth)]
    return [one for one in billed if one[2] or one[3]], [one for one in bearer if one[2] or one[3]]
