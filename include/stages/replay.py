"""Replay: what other parameters, or another version of a rule, would have found in a past window (ADR 12).

A dry run of the stage detect. It writes below `replays/` of the lake, into the table `replays` and a page
beside the Data Docs. Nothing of it is in force, and nobody is alerted.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from typing import Any

from include.errors import ConfigError
from include.settings import get_settings
from include.stages.alert import DEFAULT_THRESHOLD
from include.stages.difference import AtCut, Side, alerts, difference
from include.stages.inputs import pinned_versions
from include.stages.models import required_models
from include.stages.replay_scope import rule_of
from include.stages.shadow import Judgements, Sides, judge
from include.stages.stage import Outcome, run_stage, spark_for
from include.store.attempts import Attempt, Figures
from include.store.connection import transaction
from include.store.replays import record_replay
from include.store.runs import ReplayScope, Run

log = logging.getLogger("vigil.stages")

COUNTS = ("added", "gone", "unchanged")


def replay(run_id: int) -> Figures:
    """Judges the cuts of the run's window twice with the same knowledge: as in force, and as tried.

    Gives the entities `added`, `gone` and `unchanged`, by rule and in all, the `alerts` (incidents that each
    side would have opened) and the address of the `page`; the table `replays` has more, the lake every row.
    Raises MissingReference if a rule needs reference data or a model of which no version is published.
    """
    return run_stage("detect", run_id, _replay)


def _replay(run: Run, attempt: Attempt) -> Outcome:
    started = time.monotonic()
    asked = run.scope.replay
    if asked is None:
        raise ConfigError(f"run {run.run_id} is no replay; trigger the DAG replay, or use `make replay`")
    sides = {name: _sides(run, asked, name) for name in asked.rules}
    with transaction() as conn:
        patterns = [side.rule for pair in sides.values() for side in pair]
        versions = pinned_versions(conn, run.run_id, patterns)
        versions |= required_models(conn, run.run_id, patterns)
    output = f"replays/{run.dataset}/{attempt.folder}"
    with spark_for(attempt) as work:
        judged = judge(work.spark, run, attempt, versions, sides, output)
    found = _figures(run, asked, sides, judged) | {"reference": versions, "output": output}
    page = _write_page(run, attempt, found)
    with transaction() as conn:
        record_replay(conn, attempt, found | {"page": page})
    small = {name: found[name] for name in (*COUNTS, "alerts")} | {
        "rules": {name: {key: one[key] for key in COUNTS} for name, one in found["rules"].items()},
        "page": f"{get_settings().docs_url.rstrip('/')}/{page}" if page else None,
        "seconds": round(time.monotonic() - started, 3),
    }
    return Outcome(small, output=output, operations=work.operations)


def _sides(run: Run, asked: ReplayScope, name: str) -> tuple[Side, Side]:
    """A rule in force, and as it is tried."""

    def side(version: int | None, parameters: Mapping[str, Any]) -> Side:
        rule = rule_of(run.dataset, name, version)
        return Side(rule, rule.parameters.model_validate(parameters))

    return side(None, asked.in_force[name]), side(asked.versions[name], run.scope.parameters[name])


def _figures(run: Run, asked: ReplayScope, sides: Sides, judged: Judgements) -> Figures:
    by_rule = {name: _rule_figures(run, asked, name, sides[name], judged) for name in asked.rules}
    return {
        "dataset": run.dataset,
        "run": run.run_id,
        "first_day": asked.first_day.isoformat(),
        "last_day": asked.last_day.isoformat(),
        "cuts": [cut.isoformat() for cut in asked.cuts],
        "through_seq": run.through_seq,
        "profiles": {"in_force": asked.profile, "tried": run.profile},
        **{name: sum(one[name] for one in by_rule.values()) for name in COUNTS},
        "alerts": {
            side: sum(len(one["alerts"][side]) for one in by_rule.values()) for side in ("in_force", "tried")
        },
        "rules": by_rule,
    }


def _rule_figures(
    run: Run, asked: ReplayScope, name: str, sides: tuple[Side, Side], judged: Judgements
) -> Figures:
    before, after = sides
    threshold = run.scope.alert_thresholds.get(name, DEFAULT_THRESHOLD)
    held = {cut: rules[name] for cut, rules in judged.held.items()}
    figures = difference([AtCut(cut, *held[cut]) for cut in asked.cuts], before, after)
    figures |= {"in_force": before.figures(), "tried": after.figures()}
    figures["alerts"] = {"threshold": threshold} | {
        side: alerts([(cut, pair[number]) for cut, pair in held.items()], asked.cuts[0], threshold)
        for number, side in enumerate(("in_force", "tried"))
    }
    figures["near_misses"] = judged.misses[name]
    figures["curve"] = None
    if name in asked.curves:
        of = asked.curves[name]
        parameters = [figures[side]["parameters"].get(of) for side in ("in_force", "tried")]
        figures["curve"] = {
            "parameter": of,
            "in_force": parameters[0],
            "tried": parameters[1],
            "points": judged.curves[name],
        }
    figures["record_differs"] = judged.record_differs.get(name, [])
    return figures


def _write_page(run: Run, attempt: Attempt, figures: Figures) -> str | None:
    """URL path of the replay's page; None, and an error in the log, if it cannot be written."""
    from include.quality.replay_page import write_replay

    folder = get_settings().home / "docs"
    try:
        return write_replay(folder, attempt.number, figures)
    except OSError:
        # the figures stand on their own
        log.exception("replay: the page of run %d cannot be written to %s", run.run_id, folder)
        return None
