"""Processes that take one job after the other: what ends one of them, a crash too, costs its job and no other."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import suppress
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from types import FrameType
from typing import Generic, NoReturn, TypeVar

import msgspec

from app.core.errors import UserError
from app.engine.progress import Progress

JobT = TypeVar("JobT")

EVERY = 0.2
"""Seconds between two messages of progress from one process."""
PATIENCE = 20.0
"""Seconds that a process has to clean up when it is asked to stop."""

Render = Callable[[JobT, Progress], list[str]]
"""Does a job and returns what the user should know of it; picklable. Raises UserError where the job cannot be done."""


class Began(msgspec.Struct, Generic[JobT], frozen=True):
    """A process is about to be given this job: the work starts when the next event is asked for."""

    job: JobT


class Moved(msgspec.Struct, Generic[JobT], frozen=True):
    """How far a job is; see `Progress`."""

    job: JobT
    stage: str
    done: int
    total: int | None


class Ended(msgspec.Struct, Generic[JobT], frozen=True):
    """A job is done, or with an `error` it failed."""

    job: JobT
    said: list[str]
    error: str | None = None


Event = Began[JobT] | Moved[JobT] | Ended[JobT]


def run_jobs(jobs: Iterable[JobT], render: Render[JobT], size: int) -> Generator[Event[JobT]]:
    """Does the jobs in `size` processes and tells what happens, as it does.

    The processes end when all is done, when the iterator is closed, and when this process dies, however it does.
    """
    pool = _Pool(render)
    try:
        yield from pool.run(iter(jobs), size)
    finally:
        pool.stop()


class _Worker(Generic[JobT]):
    """One process and the job that it is at."""

    def __init__(self, render: Render[JobT]) -> None:
        context = multiprocessing.get_context("spawn")  # a fork would copy the locks of other threads
        self.pipe, theirs = context.Pipe()
        self.process: SpawnProcess = context.Process(target=_work, args=(theirs, render))
        self.job: JobT | None = None
        self.process.start()
        theirs.close()

    def stop(self) -> None:
        """Ends the process: at once where it is idle, and after it has cleaned up where it is at work."""
        self.pipe.close()
        if self.job is not None:
            self.process.terminate()
        self.process.join(PATIENCE)
        if self.process.is_alive():
            self.process.kill()
            self.process.join()


class _Pool(Generic[JobT]):
    def __init__(self, render: Render[JobT]) -> None:
        self._render = render
        self._workers: list[_Worker[JobT]] = []

    def run(self, jobs: Iterator[JobT], size: int) -> Iterator[Event[JobT]]:
        """See `run_jobs`."""
        for job in _first(jobs, size):
            yield from self._give(job, None)
        while busy := {worker.pipe: worker for worker in self._workers if worker.job is not None}:
            for pipe in wait(list(busy)):
                worker = busy[pipe]  # pyright: ignore[reportArgumentType] (only pipes were waited for)
                event = self._heard(worker)
                yield event
                if isinstance(event, Ended):
                    for job in _first(jobs, 1):
                        yield from self._give(job, worker if worker in self._workers else None)

    def stop(self) -> None:
        """Ends all processes."""
        for worker in self._workers:
            if worker.job is not None:
                worker.process.terminate()  # all at once, then each is waited for
        for worker in self._workers:
            worker.stop()
        self._workers.clear()

    def _give(self, job: JobT, worker: _Worker[JobT] | None) -> Iterator[Event[JobT]]:
        """Lets a process, a new one for None, do the job."""
        yield Began(job)
        if worker is None:
            worker = _Worker(self._render)
            self._workers.append(worker)
        worker.job = job
        with suppress(OSError):  # it has died meanwhile, which reading from it will tell
            worker.pipe.send(job)

    def _heard(self, worker: _Worker[JobT]) -> Event[JobT]:
        """What a process has to tell of its job."""
        job = worker.job
        assert job is not None
        try:
            message = worker.pipe.recv()
        except (EOFError, OSError):
            worker.process.join(PATIENCE)
            code = worker.process.exitcode
            self._workers.remove(worker)
            worker.pipe.close()
            return Ended(job, [], f"The process of this job ended unexpectedly (exit code {code}): see what it said.")
        if isinstance(message, tuple):
            return Moved(job, *message)
        worker.job = None
        said, error = message["said"], message["error"]
        return Ended(job, said, error)


def _first(items: Iterator[JobT], count: int) -> Iterator[JobT]:
    """At most `count` further items."""
    for _ in range(count):
        for item in items:
            yield item
            break


def _work(pipe: Connection, render: Render[JobT]) -> None:
    """The process: takes jobs from the pipe until its other end is closed. What is no UserError ends it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all processes; the first one decides
    signal.signal(signal.SIGTERM, _stop)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    with suppress(EOFError, KeyboardInterrupt):
        while True:
            job = pipe.recv()
            try:
                message = {"said": render(job, _Throttled(pipe)), "error": None}
            except UserError as error:
                message = {"said": [], "error": str(error)}
            pipe.send(message)


def _stop(_number: int, _frame: FrameType | None) -> NoReturn:
    """SIGTERM unwinds, so that temporary files go."""
    raise KeyboardInterrupt


def _end_with_parent() -> None:
    """A batch that is killed must not go on behind the back of the one that takes up its work."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    wait([parent.sentinel])
    os._exit(1)


class _Throttled:
    """Sends progress through a pipe, seldom enough that it costs nothing."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe, self._stage, self._told = pipe, "", 0.0

    def __call__(self, stage: str, done: int, total: int | None) -> None:
        """See `Progress`."""
        now = time.monotonic()
        if stage != self._stage or now - self._told >= EVERY:
            self._stage, self._told = stage, now
            self._pipe.send((stage, done, total))
