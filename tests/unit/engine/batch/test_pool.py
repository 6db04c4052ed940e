"""Processes that do jobs: every job ends once, whatever becomes of the process that had it."""

from __future__ import annotations

import os
import time
from pathlib import Path

from app.core.errors import UserError
from app.engine.batch.pool import Began, Ended, Moved, run_jobs
from app.engine.progress import Progress


def work(job: str, progress: Progress) -> list[str]:
    """Done in a process of the pool."""
    progress("dubbing", 1, 2)
    if job == "bad":
        raise UserError("It is bad.")
    if job == "crash":
        os._exit(7)
    if job.startswith("/"):
        Path(job).write_text("at work")
        time.sleep(60)
    return [f"{job} by {os.getpid()}"]


def test_one_process_does_all_and_a_crash_costs_one_job() -> None:
    jobs = ["a", "bad", "crash", "b", "c"]
    events = list(run_jobs(jobs, work, 1))
    assert [event.job for event in events if isinstance(event, Began)] == jobs
    assert {event.job for event in events if isinstance(event, Moved)} == set(jobs)
    ended = {event.job: event for event in events if isinstance(event, Ended)}
    assert list(ended) == jobs
    assert ended["bad"].error == "It is bad."
    assert "exit code 7" in (ended["crash"].error or "")
    assert [job for job in jobs if ended[job].error is None] == ["a", "b", "c"]
    assert ended["b"].said[0].split()[-1] == ended["c"].said[0].split()[-1] != ended["a"].said[0].split()[-1]


def test_several_processes_share_the_jobs() -> None:
    events = list(run_jobs(["a", "b", "c"], work, 2))
    assert [type(event) for event in events[:2]] == [Began, Began]
    assert sorted(event.job for event in events if isinstance(event, Ended)) == ["a", "b", "c"]


def test_who_closes_the_iterator_ends_the_work(tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    events = run_jobs([str(mark)], work, 1)
    while not mark.exists():
        if not isinstance(next(events), Began):
            time.sleep(0.05)
    begun = time.monotonic()
    events.close()
    assert time.monotonic() - begun < 20
