"""Silences: what matches is recorded and not delivered, until the silence ends."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from typer import Typer
from typer.testing import CliRunner

import stack.silence
from include.errors import ConfigError
from include.store.connection import transaction
from include.store.incidents import open_incident, resolve_incidents
from include.store.silences import end_silence, silence, silences

pytestmark = pytest.mark.usefixtures("database")

FINGERPRINT = "anomaly:transactions:rows:2026-03-02"
SOON = datetime.now(UTC) + timedelta(hours=1)


def report(fingerprint: str = FINGERPRINT) -> int:
    with transaction() as conn:
        return open_incident(
            conn,
            kind="anomaly",
            dataset="transactions",
            severity="warning",
            fingerprint=fingerprint,
            title="few rows",
            body={},
            run_id=None,
        ).incident_id


def silenced(pattern: str = FINGERPRINT, until: datetime = SOON) -> int:
    with transaction() as conn:
        return silence(conn, pattern=pattern, reason="a known move", by="Sam", until=until)


def ended(silence_id: int) -> None:
    with transaction() as conn:
        end_silence(conn, silence_id)


def deliveries() -> list[tuple[int, str]]:
    with transaction() as conn:
        rows = conn.execute("select incident_id, event from outbox order by delivery_id").fetchall()
    return [(row["incident_id"], row["event"]) for row in rows]


@pytest.mark.parametrize(
    ("pattern", "quiet"),
    [
        (FINGERPRINT, True),
        ("anomaly:transactions:*", True),
        ("anomaly:*:2026-03-02", True),
        ("anomaly:transactions:rows:2026-03-0*", True),
        ("anomaly:transactions:rows", False),
        ("anomaly:transactions:rows:2026-03-0_", False),
        ("anomaly:%", False),
        ("anomaly:trans%", False),
        ("anomaly:transactions\\:*", False),
        ("schema_drift:*", False),
    ],
)
def test_a_pattern_is_a_fingerprint_in_which_a_star_is_any_text(pattern: str, quiet: bool) -> None:
    silenced(pattern)
    incident = report()
    assert deliveries() == ([] if quiet else [(incident, "opened")])
    with transaction() as conn:
        (lasting,) = silences(conn)
    assert lasting.quiet == quiet


def test_what_lasts_longer_than_its_silence_is_delivered_once() -> None:
    silence_id = silenced()
    incident = report()
    assert report() == incident
    assert deliveries() == []

    ended(silence_id)
    assert report() == incident
    assert deliveries() == [(incident, "opened")]
    report()
    assert deliveries() == [(incident, "opened")]


def test_what_was_delivered_before_is_not_taken_back() -> None:
    incident = report()
    silenced()
    report()
    with transaction() as conn:
        assert [one.quiet for one in silences(conn)] == [0]
        resolve_incidents(conn, fingerprint=FINGERPRINT, body={"reason": "it came"}, run_id=None)
    assert deliveries() == [(incident, "opened"), (incident, "resolved")]


def test_what_ends_in_silence_ends_silently() -> None:
    silenced()
    report()
    with transaction() as conn:
        resolve_incidents(conn, fingerprint=FINGERPRINT, body={"reason": "it came"}, run_id=None)
    assert deliveries() == []


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"pattern": "*"}, "must begin with a kind .* detections, held"),
        ({"pattern": "anomaly"}, "must begin with a kind"),
        ({"pattern": "weather:*"}, "must begin with a kind"),
        ({"reason": " "}, "needs a reason"),
        ({"by": ""}, "needs a reason, and who"),
        ({"until": datetime.now(UTC)}, "must end in the future"),
    ],
)
def test_a_silence_that_nobody_could_account_for_is_refused(change: dict[str, Any], complaint: str) -> None:
    wanted = {"pattern": FINGERPRINT, "reason": "a known move", "by": "Sam", "until": SOON} | change
    with transaction() as conn, pytest.raises(ConfigError, match=complaint):
        silence(conn, **wanted)


def test_a_silence_that_does_not_last_cannot_end() -> None:
    number = silenced()
    ended(number)
    other = silenced()
    with pytest.raises(ConfigError, match=f"no silence {number} that lasts; there are {other}"):
        ended(number)


def test_the_command_silences_lists_and_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    app = Typer()
    app.command()(stack.silence.silence)
    run = CliRunner()

    def output(*arguments: str) -> str:
        done = run.invoke(app, list(arguments), catch_exceptions=False)
        return " ".join(done.output.split())

    assert "No silence lasts" in output()
    wanted = ["--pattern", FINGERPRINT, "--reason", "a known move", "--until", "2099-03-31", "--by", "Sam"]
    assert f"1 {FINGERPRINT} 2099-04-01 00:00 Sam a known move 0" in output(*wanted)
    assert "Silence 1 has ended" in output("--id", "1")
    assert "No silence lasts" in output()


@pytest.mark.parametrize(
    ("until", "expected"),
    [
        ("2026-03-31", "2026-04-01T00:00:00+00:00"),
        ("2026-03-31T18:00+05:30", "2026-03-31T12:30:00+00:00"),
        ("2026-03-31T18:00Z", "2026-03-31T18:00:00+00:00"),
    ],
)
def test_a_day_is_silent_to_its_end(until: str, expected: str) -> None:
    assert stack.silence.end_of(until).isoformat() == expected


@pytest.mark.parametrize("until", ["", "soon", "2026-03-31T18:00", "2026-03-32"])
def test_an_end_that_could_mean_anything_is_refused(until: str) -> None:
    with pytest.raises(ConfigError, match="UNTIL"):
        stack.silence.end_of(until)
