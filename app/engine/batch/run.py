"""Runs a batch: skips what is done, does the rest, writes what became of each job, and counts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

import msgspec

from app.core.names import readable_values
from app.engine.batch.jobs import BatchJob, Refused
from app.engine.batch.journal import Journal
from app.engine.batch.pool import Began, Ended, Moved, Render, run_jobs
from app.engine.files.atomic_file import write_json


class Standing(msgspec.Struct):
    """How a batch stands; it changes while the batch runs."""

    total: int
    before: int = 0
    """Jobs that an earlier run had done."""
    done: int = 0
    """Jobs that this run did."""
    failed: int = 0
    running: dict[str, tuple[str, int, int | None]] = msgspec.field(default_factory=dict)
    """By the job's name: stage, items done, items in all."""

    @property
    def left(self) -> int:
        """Jobs that are neither done nor failed."""
        return self.total - self.before - self.done - self.failed

    @property
    def share(self) -> float:
        """Of what this run had to do, how much is behind it: 0 to 1."""
        todo = self.total - self.before
        under_way = sum(done / total for stage, done, total in self.running.values() if stage == "dubbing" and total)
        return min(1.0, (self.done + self.failed + under_way) / todo) if todo else 1.0


class Failure(msgspec.Struct, frozen=True):
    """What stands in the report of a job that failed."""

    clip: str
    voice: str
    output: str
    error: str


Tell = Callable[[str, str], None]
"""Takes a job's name and a sentence on it."""


def run_batch(
    jobs: Sequence[BatchJob | Refused],
    journal: Journal,
    render: Render[BatchJob],
    processes: int,
    watch: Callable[[Standing], None],
    tell: Tell,
) -> Standing:
    """Does all jobs that `journal` does not know as done, `processes` at a time, and returns how it ended.

    `watch` is called whenever something moved, `tell` with what the user should know of each job. Jobs that fail are
    told and counted; a film that no batch put there is not replaced unless the job's request allows it.
    """
    run = _Run(jobs, journal, watch, tell)
    with closing(run_jobs(run.to_do(), render, processes)) as events:
        for event in events:
            run.heard(event)
    return run.standing


class _Run:
    """A batch in progress."""

    def __init__(
        self, jobs: Sequence[BatchJob | Refused], journal: Journal, watch: Callable[[Standing], None], tell: Tell
    ) -> None:
        self._journal, self._watch, self._tell = journal, watch, tell
        self.standing = Standing(len(jobs))
        self._jobs = [job for job in jobs if isinstance(job, BatchJob) and not self._sorted_out(job)]
        for job in jobs:
            if isinstance(job, Refused):
                self._fail(job.name, job.sentence)

    def to_do(self) -> list[BatchJob]:
        """The jobs that are left, allowed to replace what a batch in this folder wrote."""
        return [_replacing(job) for job in self._jobs]

    def heard(self, event: Began[BatchJob] | Moved[BatchJob] | Ended[BatchJob]) -> None:
        """Takes in what happened."""
        name = event.job.name
        if isinstance(event, Began):
            self._journal.begin(event.job)
            self.standing.running[name] = ("starting", 0, None)
        elif isinstance(event, Moved):
            self.standing.running[name] = (event.stage, event.done, event.total)
        else:
            del self.standing.running[name]
            self._end(event)
        self._watch(self.standing)

    def _sorted_out(self, job: BatchJob) -> bool:
        """Whether nothing is to be done for a job: it is done, or would replace what is not ours."""
        if self._journal.is_done(job):
            self.standing.before += 1
            return True
        if job.request.overwrite or self._journal.owns(job):
            return False
        self._fail(job.name, f'The output "{job.request.target}" or its report already exists: choose another folder.')
        return True

    def _end(self, event: Ended[BatchJob]) -> None:
        job = event.job
        if event.error is None:
            self._journal.end(job)
            self.standing.done += 1
            for sentence in event.said:
                self._tell(job.name, sentence)
            return
        _write_failure(job, event.error)
        self._journal.end(job, event.error)
        self._fail(job.name, event.error)

    def _fail(self, name: str, sentence: str) -> None:
        self.standing.failed += 1
        self._tell(name, f"failed: {sentence}")
        self._watch(self.standing)


def _replacing(job: BatchJob) -> BatchJob:
    return msgspec.structs.replace(job, request=msgspec.structs.replace(job.request, overwrite=True))


def _write_failure(job: BatchJob, sentence: str) -> None:
    """The report of a job that failed."""
    project = job.request.project
    failure = Failure(project.clip, project.voice, str(job.request.target), sentence)
    write_json(Path(job.report), readable_values(msgspec.to_builtins(failure)))
