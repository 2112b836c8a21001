"""`make resolve` and `make redeliver`."""

from __future__ import annotations

import pytest

from include.errors import ConfigError
from include.stages.deliver import deliver
from include.store.connection import transaction
from stack.redeliver import redeliver
from stack.resolve import resolve
from tests.conftest import Configure
from tests.integration.test_commands import call
from tests.integration.test_delivery import counts, incident, outbox

pytestmark = pytest.mark.usefixtures("database")


def test_a_person_ends_an_incident_with_a_reason() -> None:
    number = incident()

    assert "is resolved" in call(resolve, "--id", str(number), "--reason", "known, and harmless").output

    assert [row["event"] for row in outbox("log")] == ["opened", "resolved"]
    with transaction() as conn:
        (row,) = conn.execute("select resolution, resolved_run from incidents").fetchall()
    assert row == {"resolution": {"reason": "known, and harmless"}, "resolved_run": None}


@pytest.mark.parametrize("case", ["over", "never there"])
def test_only_what_is_open_can_be_ended(case: str) -> None:
    number = incident()
    call(resolve, "--id", str(number))

    result = call(resolve, "--id", str(number if case == "over" else number + 1))

    assert isinstance(result.exception, ConfigError)
    assert "there is no open incident" in str(result.exception)


def test_dead_letters_are_tried_again_by_channel(configure: Configure) -> None:
    configure(slack_conn_id="on_call", alert_tries=1)
    incident()
    assert deliver({}) == counts(sent=1, dead=1)

    assert call(redeliver, "--channel", "email").output == "0 dead letters are tried again\n"
    assert call(redeliver).output == "slack: 1\n1 dead letters are tried again\n"

    (row,) = outbox("slack")
    assert (row["status"], row["tries"]) == ("pending", 0)
