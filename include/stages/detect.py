"""Detect: what holds at the run's cut, and again at the cuts that late events touched, with evidence."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from include.errors import ConfigError
from include.settings import get_settings
from include.spark_jobs.detect import RuleVerdict, cut_digest
from include.spark_jobs.rules import rules
from include.spark_jobs.rules.rule import Rule
from include.spark_jobs.summaries import summaries
from include.spark_jobs.summaries.summary import Summary
from include.stages.evaluate import Asked, Evaluated, Evaluator, Position
from include.stages.inputs import pinned_versions, plan_inputs
from include.stages.models import Pinned, pinned_models, unusable, usable_until, versions_of
from include.stages.stage import Outcome, run_stage, spark_for
from include.state.kinds import states
from include.state.plan import Checkpoint, Delta
from include.store.attempts import Attempt, Figures, published_figures
from include.store.connection import Connection, transaction
from include.store.evaluations import Dirty, Evaluation, Judging, dirty_cuts, record_evaluation
from include.store.runs import Run
from include.store.state import earliest_cut, record_checkpoint

log = logging.getLogger("vigil.stages")


def detect(run_id: int) -> Figures:
    """Evaluates every rule of the run's dataset at the position that aggregate pinned (ADR 1), and with the
    same knowledge the dirty cuts (ADR 7), the oldest `most_dirty_cuts` of them.

    Figures: `cut`, `through_seq`, the `digest` of the cut, `seconds`, the `checkpoints` written there, and
    per rule `holds`, `digest`, `path` and `near_misses`; per summary `rows`, `digest` and `path`; `drained`:
    by dirty cut the digest of each rule and summary; `left_out`: by rule why it could not judge at the cut,
    where its model is missing, was fitted for other code, or is past its review date (ADR 16); `cuts_left`:
    how many dirty cuts are left to the next run.
    Without any event there is no cut, and nothing is evaluated. Raises MissingReference if a rule needs
    reference data of which no version is published.
    """
    return run_stage("detect", run_id, _detect)


def _detect(run: Run, attempt: Attempt) -> Outcome:
    started = time.monotonic()
    asked = _asked(run)
    with transaction() as conn:
        pinned = published_figures(conn, run.run_id, "aggregate")
        if pinned is None:
            raise ConfigError(
                f"run {run.run_id}: detect needs the position that aggregate pins; run that first"
            )
        if pinned["cut"] is None:
            return Outcome(_figures(None, pinned["through_seq"], None, {}, {}, started))
        patterns = [rule for rule, _ in asked.values()]
        models = pinned_models(conn, run.run_id, patterns)
        versions = pinned_versions(conn, run.run_id, patterns) | versions_of(models)
        own = Position(date.fromisoformat(pinned["cut"]), int(pinned["through_seq"]), versions)
        tables = _tables(run)
        judging = {name: Judging(rule.reach, _until(rule, models)) for name, (rule, _) in asked.items()}
        judging |= {name: Judging(table.reach) for name, table in tables.items()}
        most = get_settings().most_dirty_cuts
        earliest = earliest_cut(conn, states(run.dataset).values())
        dirty = (
            Dirty({}, 0) if run.dry_run else dirty_cuts(conn, run, own.through_seq, judging, most, earliest)
        )
    unpublished = _deltas(pinned["deltas"]) if run.dry_run else {}

    cuts = sorted([*dirty.cuts, own.cut])
    done: dict[date, Evaluated] = {}
    bases: Mapping[str, Checkpoint] = {}
    with spark_for(attempt) as work:
        for cut in cuts:
            names = judging if cut == own.cut else dirty.cuts[cut]
            without = _left_out(asked, models, cut)
            here = {name: asked[name] for name in names if name in asked and name not in without}
            written = [tables[name] for name in names if name in tables]
            with transaction() as conn:
                reading = [rule for rule, _ in here.values()]
                plan = plan_inputs(conn, [*reading, *written], cut, own.through_seq, versions, bases)
            evaluator = Evaluator(work.spark, run.run_id, run.profile, attempt.folder, here, written)
            done[cut] = evaluator.evaluate(
                Position(cut, own.through_seq, versions),
                plan.with_unpublished(unpublished),
                # State that the next cut goes on from is written, rather than merged again from the start.
                checkpoint="never" if run.dry_run else "always" if cut < cuts[-1] else "due",
                with_misses=cut == own.cut,
            )
            bases = done[cut].checkpoints

    def publish(conn: Connection) -> None:
        for one in done.values():
            for evaluation in [*one.evaluations, *one.summaries]:
                record_evaluation(conn, run.dataset, evaluation)
            for name, checkpoint in one.checkpoints.items():
                record_checkpoint(conn, run.run_id, states()[name], checkpoint)

    drained = {cut: one for cut, one in done.items() if cut != own.cut}
    left_out = _left_out(asked, models, own.cut)
    figures = _figures(own.cut, own.through_seq, done[own.cut], drained, left_out, started)
    figures["cuts_left"] = dirty.left
    for name, why in left_out.items():
        log.warning("detect: run %d goes by its other rules alone, without %s: %s", run.run_id, name, why)
    return Outcome(figures, publish, operations=work.operations)


def digest_of(evaluations: Iterable[Evaluation]) -> str:
    """The digest of a cut from its evaluations, hex; without those of rules that were learned, whose scores
    are those of one library and not of every engine."""
    learned = {rule.id for rule in rules().values() if rule.model}
    return cut_digest(
        RuleVerdict(e.rule, e.rule_version, e.parameters, e.reference, e.digest)
        for e in evaluations
        if e.rule not in learned
    )


def _left_out(asked: Asked, models: Pinned, cut: date) -> dict[str, str]:
    """Why rules cannot judge at this cut, by rule."""
    needing = {name: rule.model for name, (rule, _) in asked.items() if rule.model}
    found = {name: unusable(model, models[model.name], cut) for name, model in needing.items()}
    return {name: why for name, why in found.items() if why}


def _until(rule: Rule[Any], models: Pinned) -> date | None:
    return usable_until(rule.model, models[rule.model.name]) if rule.model else None


def _asked(run: Run) -> Asked:
    known = rules(run.dataset)
    if missing := sorted(set(known) - set(run.scope.parameters)):
        raise ConfigError(
            f"run {run.run_id} was started without parameters for rule {', '.join(missing)}, with those of "
            f"{', '.join(run.scope.parameters) or 'none'}; start a new run"
        )
    given = run.scope.parameters
    return {rule.id: (rule, rule.parameters.model_validate(given[rule.id])) for rule in known.values()}


def _tables(run: Run) -> dict[str, Summary]:
    """The summaries that the run writes: under the profile in force, and not if it only tries."""
    return {} if run.dry_run or run.profile != get_settings().profile else summaries(run.dataset)


def _deltas(figures: Mapping[str, Figures]) -> dict[str, Delta]:
    return {
        name: Delta(
            one["path"],
            one["rows"],
            date.fromisoformat(one["first_day"]),
            date.fromisoformat(one["last_day"]),
        )
        for name, one in figures.items()
    }


def _figures(
    cut: date | None,
    through_seq: int,
    own: Evaluated | None,
    drained: Mapping[date, Evaluated],
    left_out: Mapping[str, str],
    started: float,
) -> Figures:
    evaluations = own.evaluations if own else []
    tables = own.summaries if own else []
    misses = own.misses if own else {}
    return {
        "cut": cut.isoformat() if cut else None,
        "through_seq": through_seq,
        "rules": {
            e.rule: {"holds": e.holds, "digest": e.digest, "path": e.path, "near_misses": misses[e.rule]}
            for e in evaluations
        },
        "summaries": {e.rule: {"rows": e.holds, "digest": e.digest, "path": e.path} for e in tables},
        "digest": digest_of([*evaluations, *tables]),
        "drained": {
            day.isoformat(): {e.rule: e.digest for e in [*one.evaluations, *one.summaries]}
            for day, one in drained.items()
        },
        "left_out": dict(left_out),
        "checkpoints": {name: one.path for name, one in own.checkpoints.items()} if own else {},
        "seconds": round(time.monotonic() - started, 3),
    }
