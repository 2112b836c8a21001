"""Collect on a real ledger and lake: what nothing published goes, whatever else is going on."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from include.errors import Expired, Superseded
from include.lake import Lake, lake
from include.settings import Settings
from include.stages.collect import collect
from include.store.attempts import publish_attempt, start_attempt
from include.store.connection import transaction
from include.store.retention import fence
from include.store.runs import finish_run, get_run
from tests.ageing import days_pass
from tests.integration.ledger import open_test_run

pytestmark = pytest.mark.usefixtures("database")

Configure = Callable[..., Settings]

# Where the attempts of a stage write, before their own folder.
PLACES = {
    "land": ["incoming/transactions"],
    "check": ["events/transactions", "quarantine/transactions"],
    "aggregate": ["state/transactions/pairs/v1/deltas", "reference/importance"],
    "detect": ["state/transactions/pairs/v1/checkpoints", "evaluations/transactions/child"],
}


def write(path: str, data: bytes = b"four") -> str:
    file = Path(lake().path(path))
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(data)
    return path


def left() -> set[str]:
    return {str(path.relative_to(lake().root)) for path in Path(lake().root).rglob("*") if path.is_file()}


def tried(run_id: int, stage: str = "check", *, publish: bool = False) -> list[str]:
    """An attempt that wrote in every place of its stage; gives the files."""
    with transaction() as conn:
        attempt = start_attempt(conn, run_id, stage)
    files = [write(f"{place}/{attempt.folder}/event_day=2026-01-01/part-0") for place in PLACES[stage]]
    if publish:
        with transaction() as conn:
            publish_attempt(conn, attempt, {}, output=None, operations=[])
    return files


def end(run_id: int, *, succeeded: bool = True) -> None:
    with transaction() as conn:
        run = get_run(conn, run_id)
        finish_run(conn, dag_id=run.dag_id, dag_run_id=run.dag_run_id, succeeded=succeeded)


@pytest.mark.parametrize("stage", PLACES)
def test_what_a_killed_attempt_wrote_goes_and_its_successors_stays(stage: str) -> None:
    run_id = open_test_run()
    killed = tried(run_id, stage)
    published = tried(run_id, stage, publish=True)
    end(run_id)
    days_pass(8)
    figures = collect()
    # what land wrote aside is nobody's once its run is over, whichever attempt it was
    assert left() == set() if stage == "land" else set(published)
    assert sum(amount["bytes"] for amount in figures.values()) == 4 * len([*killed, *published]) - 4 * len(
        left()
    )
    assert collect() == {}


# run's end, days since, publish, dry run -> whether the outputs go
CASES: dict[str, tuple[bool | None, float, bool, bool, bool]] = {
    "unpublished, failed run": (False, 7.1, False, False, True),
    "unpublished, succeeded run": (True, 7.1, False, False, True),
    "unpublished, young": (False, 6.9, False, False, False),
    "unpublished, never told to be over, lease out": (None, 7.1, False, False, True),
    "published": (True, 700, True, False, False),
    "published, failed run": (False, 700, True, False, False),
    "published by a dry run": (True, 7.1, True, True, True),
    "published by a dry run, young": (True, 6.9, True, True, False),
}


@pytest.mark.parametrize("case", CASES)
def test_only_what_is_unpublished_over_and_old_goes(case: str) -> None:
    succeeded, days, publish, dry_run, goes = CASES[case]
    run_id = open_test_run(dry_run=dry_run)
    files = tried(run_id, publish=publish)
    if succeeded is not None:
        end(run_id, succeeded=succeeded)
    days_pass(days)
    assert set(collect(dry_run=True)) == ({"events", "quarantine"} if goes else set())
    assert left() == set(files), "a dry run deletes nothing"
    collect()
    assert left() == (set() if goes else set(files))


def test_a_run_at_work_keeps_everything_however_old(configure: Configure) -> None:
    configure(run_lease_seconds=86400 * 20)
    files = tried(open_test_run())
    days_pass(10)
    assert collect() == {}
    assert left() == set(files)


def test_never_by_setting(configure: Configure) -> None:
    configure(retention_unpublished_days=0)
    files = tried(open_test_run())
    days_pass(1000)
    assert collect() == {}
    assert left() == set(files)


def test_what_a_correction_left_aside_goes_by_its_age() -> None:
    write("incoming/transactions/corrections/chunk-old")
    days_pass(7.1)
    young = write("incoming/transactions/corrections/chunk-young")
    assert collect() == {"incoming": {"paths": 1, "files": 1, "bytes": 4}}
    assert left() == {young}


def test_a_zombie_cannot_publish_what_was_collected() -> None:
    run_id = open_test_run()
    with transaction() as conn:
        attempt = start_attempt(conn, run_id, "check")
    write(f"events/transactions/{attempt.folder}/part-0")
    days_pass(8)
    assert set(collect()) == {"events"}
    zombies = write(f"events/transactions/{attempt.folder}/part-1")
    with pytest.raises(Superseded, match="its outputs were collected"), transaction() as conn:
        publish_attempt(conn, attempt, {}, output=None, operations=[])
    assert set(collect()) == {"events"}, "and what it wrote since goes too"
    assert zombies not in left()
    again = tried(run_id, publish=True)
    assert collect() == {}
    assert left() == set(again)


def test_an_attempt_that_publishes_while_it_is_looked_at_keeps_its_outputs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run_id = open_test_run()
    with transaction() as conn:
        attempt = start_attempt(conn, run_id, "check")
    file = write(f"events/transactions/{attempt.folder}/part-0")
    days_pass(8)

    def late(*arguments: Any) -> Any:
        with transaction() as conn:
            publish_attempt(conn, attempt, {}, output=None, operations=[])
        return fence(*arguments)

    monkeypatch.setattr("include.stages.collect.fence", late)
    assert collect() == {}
    assert left() == {file}


def test_a_kill_between_the_fence_and_the_files_is_made_up_for(monkeypatch: pytest.MonkeyPatch) -> None:
    run_id = open_test_run()
    files = tried(run_id)
    end(run_id)
    days_pass(8)
    with monkeypatch.context() as patch:
        patch.setattr(Lake, "remove", _killed)
        with pytest.raises(KeyboardInterrupt):
            collect()
    assert left() == set(files)
    with transaction() as conn:
        row = conn.execute("select collected_at, finished_at from attempts").fetchone()
    assert row and row["collected_at"] and not row["finished_at"]
    assert set(collect()) == {"events", "quarantine"}
    assert left() == set()


def _killed(*_: Any) -> None:
    raise KeyboardInterrupt


def test_a_dry_run_that_was_collected_says_so_when_it_is_cleared() -> None:
    run_id = open_test_run(dry_run=True)
    tried(run_id, publish=True)
    end(run_id)
    days_pass(8)
    collect()
    with (
        pytest.raises(Expired, match=r"dry run.*check.*VIGIL_RETENTION_UNPUBLISHED_DAYS"),
        transaction() as conn,
    ):
        start_attempt(conn, run_id, "aggregate")


def test_what_is_not_known_for_garbage_is_left_alone(caplog: pytest.LogCaptureFixture) -> None:
    run_id = open_test_run()
    strange = [
        f"events/transactions/run={run_id + 5}/attempt=1/part-0",
        f"shadow/transactions/run={run_id}/attempt=1/part-0",
        f"state/transactions/pairs/v1/other/run={run_id}/attempt=1/part-0",
        "events/transactions/part-0",
        "notes.txt",
    ]
    for path in strange:
        write(path)
    end(run_id)
    days_pass(100)
    assert collect() == {}
    assert left() == set(strange)
    assert "1 runs that are not in the ledger" in caplog.text


def landed(run_id: int, *bodies: bytes) -> list[str]:
    """Chunks with these bytes in lake and ledger; gives their files."""
    return [_record(run_id, body) for body in bodies]


def _record(run_id: int, body: bytes) -> str:
    chunk_id = sha256(body).hexdigest()
    with transaction() as conn:
        conn.execute(
            "insert into chunks (dataset, chunk_id, bytes, first_key, status, run_id)"
            " values ('transactions', %s, %s, 'chunk.csv', 'landed', %s)",
            (chunk_id, len(body), run_id),
        )
    return write(lake().chunk_path("transactions", chunk_id), body)


def unrecorded(body: bytes) -> str:
    return write(lake().chunk_path("transactions", sha256(body).hexdigest()), body)


def test_bytes_that_no_run_recorded_go_once_they_are_old() -> None:
    kept = landed(open_test_run(), b"one", b"two")
    unrecorded(b"three")
    days_pass(8)
    young = unrecorded(b"four")
    assert collect() == {"chunks": {"paths": 1, "files": 1, "bytes": 5}}
    assert left() == {*kept, young}


def test_bytes_wait_while_an_object_is_claimed() -> None:
    run_id = open_test_run()
    kept = landed(run_id, b"one", b"two")
    extra = unrecorded(b"three")
    with transaction() as conn:
        conn.execute(
            "insert into objects (dataset, key, version, bytes, outcome, run_id)"
            " values ('transactions', 'k', 'v', 5, 'claimed', %s)",
            (run_id,),
        )
    days_pass(8)
    assert collect() == {}
    assert left() == {*kept, extra}
    with transaction() as conn:
        conn.execute("update objects set outcome = 'landed'")
    assert set(collect()) == {"chunks"}
    assert left() == set(kept)


def test_a_lake_that_the_ledger_hardly_knows_is_left_alone(caplog: pytest.LogCaptureFixture) -> None:
    known = landed(open_test_run(), b"one")
    others = [unrecorded(b"two"), unrecorded(b"three")]
    days_pass(8)
    assert collect() == {}
    assert left() == {*known, *others}
    assert "does not know 2 of the 3 chunks" in caplog.text
