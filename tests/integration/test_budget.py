"""A channel's budget of the UTC day: what is beyond it, who may go over it, and the digest of the rest."""

from __future__ import annotations

from typing import Any

import pytest

from include.stages.deliver import deliver, due
from include.stages.message import LAST, Message
from include.store.connection import transaction
from include.store.incidents import open_incident, resolve_incidents
from tests.conftest import Configure
from tests.integration.test_delivery import counts

pytestmark = pytest.mark.usefixtures("database")


class Slack:
    """A channel that accepts, and remembers what."""

    def __init__(self) -> None:
        self.accepted: list[Message] = []

    def send(self, *, expecting: dict[str, int]) -> None:
        assert deliver({"slack": self.accepted.append}) == expecting

    @property
    def told(self) -> list[tuple[str, Any]]:
        """Event and incident of each message."""
        return [(message.event, message.data["incident_id"]) for message in self.accepted]


@pytest.fixture
def slack(configure: Configure) -> Slack:
    configure(slack_conn_id="on_call_slack", alert_budget=2)
    return Slack()


def report(*numbers: int, severity: Any = "warning") -> None:
    with transaction() as conn:
        for number in numbers:
            open_incident(
                conn,
                kind="held",
                dataset="transactions",
                severity=severity,
                fingerprint=f"test:{number}",
                title=f"incident {number}",
                body={},
                run_id=None,
            )


def resolve(number: int) -> None:
    with transaction() as conn:
        resolve_incidents(conn, fingerprint=f"test:{number}", body={"reason": "over"}, run_id=None)


def a_day_passes() -> None:
    """For the outbox: what was sent or held back today was so yesterday."""
    with transaction() as conn:
        conn.execute(
            """update outbox set sent_at = sent_at - interval '1 day',
                                 next_try_at = next_try_at - interval '1 day'"""
        )


def statuses() -> dict[tuple[int, str], str]:
    with transaction() as conn:
        rows = conn.execute("select * from outbox where channel = 'slack' and event <> 'digest'").fetchall()
    return {(row["incident_id"], row["event"]): row["status"] for row in rows}


def test_what_is_beyond_the_budget_comes_in_one_digest_the_next_day(slack: Slack) -> None:
    report(1, 2, 3, 4, 5)
    slack.send(expecting=counts(sent=7, held_back=3))  # the log has no budget
    assert not due()
    assert slack.told == [("opened", 1), ("opened", 2)]
    assert statuses() == {(n, "opened"): "sent" if n < 3 else "overflow" for n in range(1, 6)}
    assert [LAST in message.facts for message in slack.accepted] == [False, True]

    a_day_passes()
    assert due()
    slack.send(expecting=counts(sent=1))
    slack.send(expecting=counts())

    digest = slack.accepted[-1]
    assert digest.event == "digest"
    assert [one["incident_id"] for one in digest.data["incidents"]] == [3, 4, 5]
    assert digest.title == "3 incidents beyond the daily budget of slack"
    assert not due()


def test_the_budget_is_of_the_day_and_a_digest_counts(slack: Slack) -> None:
    report(1, 2, 3)
    slack.send(expecting=counts(sent=5, held_back=1))
    a_day_passes()
    report(4, 5)
    slack.send(expecting=counts(sent=4, held_back=1))

    assert slack.told == [("opened", 1), ("opened", 2), ("digest", None), ("opened", 4)]


@pytest.mark.parametrize(("budget", "sent"), [(0, 0), (1, 2), (2, 4), (3, 5)])
def test_critical_ones_have_as_much_again_and_no_more(
    slack: Slack, configure: Configure, budget: int, sent: int
) -> None:
    configure(alert_budget=budget)
    report(1, 2, 3, 4, 5, severity="critical")

    slack.send(expecting=counts(sent=5 + sent, held_back=5 - sent))


def test_what_others_took_does_not_silence_a_critical_one(slack: Slack) -> None:
    report(1, 2, 3)
    report(4, severity="critical")
    slack.send(expecting=counts(sent=4 + 3, held_back=1))

    assert slack.told == [("opened", 1), ("opened", 2), ("opened", 4)]


def test_a_resolution_goes_where_its_opening_went(slack: Slack) -> None:
    report(1, 2, 3)
    slack.send(expecting=counts(sent=5, held_back=1))
    resolve(1)
    resolve(3)
    slack.send(expecting=counts(sent=3, held_back=1))
    assert slack.told[-1] == ("resolved", 1), "beyond the budget too: its opening was told"

    a_day_passes()
    slack.send(expecting=counts(sent=1))

    (one,) = slack.accepted[-1].data["incidents"]
    assert one["incident_id"] == 3
    assert one["resolved_at"] is not None
    assert "until" in slack.accepted[-1].facts[0][1]


def test_what_is_resolved_after_its_digest_is_announced(slack: Slack) -> None:
    report(1, 2, 3)
    slack.send(expecting=counts(sent=5, held_back=1))
    a_day_passes()
    slack.send(expecting=counts(sent=1))
    resolve(3)
    slack.send(expecting=counts(sent=2))

    assert slack.told[-2:] == [("digest", None), ("resolved", 3)]


def test_a_digest_that_is_refused_comes_again_whole(slack: Slack) -> None:
    report(1, 2, 3, 4)
    slack.send(expecting=counts(sent=6, held_back=2))
    a_day_passes()

    def refuse(message: Message) -> None:
        raise ValueError("no")

    assert deliver({"slack": refuse}) == counts(failed=1)
    with transaction() as conn:
        conn.execute("update outbox set next_try_at = clock_timestamp() where status = 'pending'")
    slack.send(expecting=counts(sent=1))

    assert [one["incident_id"] for one in slack.accepted[-1].data["incidents"]] == [3, 4]
