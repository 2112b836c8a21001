"""`make explain`: a detection in words, with all that is behind it, and its verdict recomputed."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from include.spark_jobs.rules import rules
from include.stages.evaluate import evaluate_entity
from include.stages.links import run_url
from include.stages.load import as_json
from include.store.connection import transaction
from include.store.episodes import Change, Detection, changes_of, get_detection
from include.store.removals import taken_away
from include.store.runs import spark_operations


def explain(id: Annotated[int, typer.Option(help="the detection's id")]) -> None:
    """Say why a detection was made, and recompute its verdict; exit code 1 if that gives anything else."""
    with transaction() as conn:
        detection = get_detection(conn, id)
        changes = changes_of(conn, id)
        operations = spark_operations(conn, detection.last_run)
        removed = taken_away(conn, [detection.export_key or ""], "bucket")
    for line in [*in_words(detection), *in_time(detection, changes)]:
        print(line)
    if removed:
        print("  that file was removed by retention, after VIGIL_RETENTION_EXPORTS_DAYS")
    print(f"Spark operations of run {detection.last_run}:")
    for stage, ids in operations.items():
        print(f"  {stage}: {' '.join(ids)}")
    differences = recompute(detection)
    print(f"verdict recomputed: {'; '.join(differences) or 'same'}")
    if differences:
        raise typer.Exit(1)


def in_words(detection: Detection) -> list[str]:
    """What was found, and the values that met the parameters."""
    lines = [f"Detection {detection.detection_id}: {detection.rule} of {detection.dataset}"]
    evidence = detection.evidence
    if (rule := rules(detection.dataset).get(detection.rule)) is not None:
        evidence = {name: evidence[name] for name in rule.evidence if name in evidence} | evidence
        parameters = rule.parameters.model_validate(detection.parameters)
        lines[0] += f" ({rule.pattern_id}, {rule.action_type})"
        lines.append(rule.say(detection.entity, detection.evidence, parameters))
        lines.append(
            f"severity: {rule.severity}; the entity {'may' if rule.bannable else 'may not'} be banned"
        )
    lines += [
        f"entity: {_pairs(detection.entity)}",
        f"evidence: {_pairs(evidence)}",
        f"event days: {detection.first_day} to {detection.last_day}",
        f"parameters: {_pairs(detection.parameters)} (profile {detection.profile})",
        f"position: cut {detection.last_cut}, through batch {detection.through_seq}",
        f"rule version: {detection.rule_version}; reference: {detection.reference or 'none'}",
    ]
    return lines


def in_time(detection: Detection, changes: list[Change]) -> list[str]:
    """The episode, every change to it with its run, and where it was exported."""
    if detection.closed_cut is None:
        state = f"open, held last at cut {detection.last_cut}"
    else:
        state = f"{detection.close_reason} at cut {detection.closed_cut}"
    lines = [f"episode: opened at cut {detection.opened_cut}, {state}"]
    for change in changes:
        when = f"{change.recorded_at:%Y-%m-%d %H:%M:%S} UTC"
        where = run_url(change.dag_id, change.dag_run_id)
        lines.append(f"  {when}: {change.change} at cut {change.cut} by run {change.run_id}, {where}")
    lines.append(f"exported: {detection.export_key or 'no'}")
    return lines


def recompute(detection: Detection) -> list[str]:
    """What differs when the rule judges the same events again, in words; nothing: it says the same."""
    rule = rules(detection.dataset).get(detection.rule)
    if rule is None:
        return [f"there is no rule {detection.rule} any more"]
    if rule.version != detection.rule_version:
        return [
            f"the rule is version {rule.version} now, the detection is of version {detection.rule_version}"
        ]
    found = evaluate_entity(
        detection.dataset,
        detection.rule,
        detection.parameters,
        detection.last_cut,
        detection.through_seq,
        detection.reference,
        detection.entity,
    )
    if found is None:
        return ["the entity does not hold"]
    days = {"first_day": detection.first_day.isoformat(), "last_day": detection.last_day.isoformat()}
    expected, now = days | detection.evidence, {name: as_json(value) for name, value in found.items()}
    names = sorted(expected.keys() | now.keys())
    return [
        f"{name} is {now.get(name)}, the detection says {expected.get(name)}"
        for name in names
        if expected.get(name) != now.get(name)
    ]


def _pairs(values: dict[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in values.items())
