"""What a replay is asked for: resolved, checked and fixed in the ledger before anything is judged."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from include.datasets import contract
from include.errors import ConfigError
from include.spark_jobs.curve import numeric_parameters
from include.spark_jobs.rules import rules
from include.spark_jobs.rules.rule import Rule
from include.spark_jobs.rules.trials import trials
from include.stages.start import Overrides, resolve, thresholds_of
from include.state.kinds import states
from include.store.chunks import current_seq
from include.store.connection import transaction
from include.store.evaluations import evaluated_cuts
from include.store.runs import ReplayScope, Scope, open_run, pin_position
from include.store.state import earliest_cut

ALL = "all"

# Event days that a replay looks at unless it is told from where on.
DAYS = 7
ONE_DAY = timedelta(days=1)

# Cuts that a message names; more would hide the rest of it.
NAMED = 10


def start_replay(
    *, dag_id: str, dag_run_id: str, started_at: datetime, generation: int = 0, dataset: str, **asked: Any
) -> int:
    """Opens the run of a replay, a dry run, and gives its id; called again it gives the same run.

    `asked` is what `replay_scope` takes. Raises ConfigError as that does.
    """
    label, scope = replay_scope(dataset, **asked)
    with transaction() as conn:
        run = open_run(
            conn,
            dataset=dataset,
            dag_id=dag_id,
            dag_run_id=dag_run_id,
            started_at=started_at,
            dry_run=True,
            profile=label,
            scope=scope,
            generation=generation,
        )
        assert run.scope.replay is not None
        pin_position(conn, run.run_id, run.scope.replay.cuts[-1], current_seq(conn, dataset))
    return run.run_id


def replay_scope(
    dataset: str,
    *,
    rule: str = ALL,
    first_day: date | None = None,
    last_day: date | None = None,
    profile: str | None = None,
    overrides: Overrides | None = None,
    versions: Mapping[str, int] | None = None,
    alert_thresholds: Mapping[str, int] | None = None,
    curve: str | None = None,
) -> tuple[str, Scope]:
    """The label of the parameters that are tried, and all that the replay does.

    `first_day`, `last_day`: event days in the dataset's zone, both included; None: the last one evaluated in
    force, and six days before the last one. `profile`, `overrides`: what is tried, as of `start`; in force is
    the configured profile. `versions`: by rule the version that is tried, else the one in force. `curve`:
    `rule.parameter`. Raises ConfigError naming the valid choices for whatever is none of them.
    """
    contract(dataset)
    known = rules(dataset)
    _choice(f"rules of {dataset}", [rule], [ALL, *known] if known else [])
    # Rules that were learned may be without a model, so they are replayed by name alone.
    asked = [name for name in known if rule == name or (rule == ALL and not known[name].model)]
    for given in (overrides, versions, alert_thresholds):
        _choice(f"rules of this replay of {dataset}", given or {}, asked)
    tried = {name: rule_of(dataset, name, (versions or {}).get(name)) for name in known}
    in_force, before = resolve(dataset)
    label, after = resolve(dataset, profile, overrides, tried)
    window = _window(dataset, in_force, first_day, last_day)
    curves = [f"{name}.{parameter}" for name in asked for parameter in numeric_parameters(known[name])]
    _choice(f"curves of this replay of {dataset}", [curve] if curve else [], curves)
    scope = ReplayScope(
        rules=asked,
        **window._asdict(),
        profile=in_force,
        in_force=before,
        versions={name: tried[name].version for name in asked},
        curves={
            name: parameter
            for name in asked
            if (parameter := _drawn(known[name], before[name], after[name], curve))
        },
    )
    return label, Scope(
        kind="replay",
        max_chunks=0,
        max_bytes=0,
        parameters=after,
        alert_thresholds=thresholds_of(dataset, alert_thresholds or {}),
        replay=scope,
    )


def rule_of(dataset: str, name: str, version: int | None) -> Rule[Any]:
    """A rule as it is in force (None), or in a version on trial. Raises ConfigError if there is none."""
    rule = rules(dataset)[name]
    if version in (None, rule.version):
        return rule
    found = trials(rule).get(version or 0)
    if found is None:
        others = ", ".join(str(number) for number in trials(rule)) or "none"
        raise ConfigError(
            f"rule {name} has no version {version}; in force is {rule.version}, on trial are: {others}"
        )
    return found


class _Window(NamedTuple):
    first_day: date
    last_day: date
    cuts: list[date]
    before: date | None


def _window(dataset: str, profile: str, first_day: date | None, last_day: date | None) -> _Window:
    """The cuts of these event days that were evaluated in force and still have their state, and the one
    before them; a cut is the end of its event day."""
    with transaction() as conn:
        earliest = earliest_cut(conn, states(dataset).values())
        known = [cut for cut in evaluated_cuts(conn, dataset, profile) if not earliest or cut >= earliest]
    if not known:
        raise ConfigError(f"nothing of {dataset} was evaluated under profile {profile} yet: feed it first")
    last = last_day or known[0] - ONE_DAY
    first = first_day or last - (DAYS - 1) * ONE_DAY
    cuts = sorted(cut for cut in known if first < cut <= last + ONE_DAY)
    if not cuts:
        days = ", ".join(str(cut - ONE_DAY) for cut in known[:NAMED]) + (", ..." if known[NAMED:] else "")
        raise ConfigError(
            f"no event day of {dataset} from {first} to {last} was evaluated under profile {profile}; the "
            f"newest that were: {days}. A backfill of {dataset}_daily evaluates others"
        )
    return _Window(first, last, cuts, next((cut for cut in known if cut < cuts[0]), None))


def _drawn(
    rule: Rule[Any], before: Mapping[str, Any], after: Mapping[str, Any], asked: str | None
) -> str | None:
    """The parameter whose curve is drawn: that asked for, else the first that is changed, else the first."""
    numeric = numeric_parameters(rule)
    wanted = [name for name in numeric if asked == f"{rule.id}.{name}"]
    changed = [name for name in numeric if after.get(name) != before[name]]
    return next(iter([*wanted, *changed, *numeric]), None)


def _choice(what: str, given: Iterable[str], valid: Iterable[str]) -> None:
    if unknown := sorted(set(given) - set(valid)):
        raise ConfigError(f"{', '.join(unknown)} is none of the {what}: {', '.join(valid) or 'it has none'}")
