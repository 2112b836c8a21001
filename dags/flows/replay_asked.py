"""What the form of a replay asks for, as the arguments of `start_replay`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dags.flows.asked import asked_of
from dags.flows.days import as_day
from dags.flows.replay_form import replay_form
from include.errors import ConfigError
from include.spark_jobs.rules import rules
from include.spark_jobs.rules.trials import trials


def replay_asked(params: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of `start_replay` that a run's parameters stand for; an empty field asks for nothing.

    Raises ConfigError for a name that the form does not have, or a day that is none.
    """
    valid = replay_form()
    if unknown := sorted(set(params) - set(valid)):
        raise ConfigError(f"replay has no parameter {', '.join(unknown)}; there are {', '.join(valid)}")
    patterns = [one for rule in rules().values() for one in (rule, *trials(rule).values())]
    return {
        **{name: params[name] for name in ("dataset", "rule", "profile", "curve")},
        **{name: as_day(name, params[name]) for name in ("first_day", "last_day")},
        "versions": {rule: params[f"{rule}_version"] for rule in rules() if params.get(f"{rule}_version")},
        **asked_of(patterns, params),
    }
