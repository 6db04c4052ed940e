"""The journal of a batch: a line of JSON for each thing that happened, on the disk before anything follows from it.

    {"job": "interview", "key": "5f1c...", "state": "begun", "when": "2025-01-31T18:05:09+00:00"}

A run that is killed leaves it as it is; the next run reads what is done and goes on with the rest. A last line that
the kill cut off never happened.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Literal

import msgspec

from app.core.errors import UserError
from app.engine.batch.jobs import BatchJob, Stamp, job_key, stamp_of
from app.engine.file_lock import FileLock

FILE = "batch.journal"
"""Its name in the folder of the films."""
LOCK = ".batch.lock"

State = Literal["begun", "done", "failed"]


class Entry(msgspec.Struct, frozen=True, omit_defaults=True):
    """What happened to a job."""

    job: str
    key: str
    """See `job_key`."""
    state: State
    when: str
    """In UTC, as ISO 8601."""
    film: Stamp | None = None
    """The film as the job left it; None where there is none."""
    sentence: str = ""
    """Of a failed one: why."""


class Journal:
    """The journal in a folder; held by one run at a time while it is open.

    Raises UserError where another run holds it, where it cannot be written, or is damaged other than by a kill.
    """

    def __init__(self, folder: Path) -> None:
        self._file = folder / FILE
        self._lock = FileLock(folder / LOCK)
        self._last: dict[str, Entry] = {}
        self._handle: int | None = None

    def __enter__(self) -> Journal:
        """Takes the lock, reads what is there, and cuts off a line that was never finished."""
        try:
            if not self._lock.acquire():
                raise UserError(f'Another batch is writing into "{self._file.parent}": wait for it, or choose another.')
            self._handle = os.open(self._file, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o666)
            whole = self._read()
            os.ftruncate(self._handle, whole)
        except OSError as error:
            self._close()
            raise UserError(f'"{self._file}" cannot be written ({error.strerror}): choose another folder.') from error
        except UserError:
            self._close()
            raise
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        """Lets other runs have it."""
        self._close()

    def is_done(self, job: BatchJob) -> bool:
        """Whether an earlier run finished this very job and its film stands as it left it."""
        last = self._last.get(job.name)
        return (
            last is not None
            and last.state == "done"
            and last.key == job_key(job)
            and last.film == stamp_of(job.request.target)
        )

    def owns(self, job: BatchJob) -> bool:
        """Whether what stands under the film's name, if anything does, was put there by a batch in this folder.

        A job that was begun and never ended was killed: its film, if it is there, is the one that it had just written.
        """
        last, film = self._last.get(job.name), stamp_of(job.request.target)
        if last is None:
            return film is None and stamp_of(job.report) is None
        return film is None or last.state == "begun" or film == last.film

    def begin(self, job: BatchJob) -> None:
        """Notes that the work on a job starts."""
        self._write(Entry(job.name, job_key(job), "begun", _now()))

    def end(self, job: BatchJob, sentence: str | None = None) -> None:
        """Notes that a job is done, or with a `sentence` that it failed."""
        state: State = "done" if sentence is None else "failed"
        key = self._last[job.name].key  # as the media were when it began
        self._write(Entry(job.name, key, state, _now(), stamp_of(job.request.target), sentence or ""))

    def _write(self, entry: Entry) -> None:
        assert self._handle is not None, "the journal is not open"
        try:
            os.write(self._handle, msgspec.json.encode(entry) + b"\n")
            os.fsync(self._handle)
        except OSError as error:
            raise UserError(f'"{self._file}" cannot be written ({error.strerror}): free some space.') from error
        self._last[entry.job] = entry

    def _read(self) -> int:
        """Takes in all whole lines; returns how many bytes they are."""
        data = self._file.read_bytes()
        whole = data.rfind(b"\n") + 1
        for number, line in enumerate(data[:whole].splitlines(), start=1):
            try:
                entry = msgspec.json.decode(line, type=Entry)
            except msgspec.DecodeError as error:
                raise UserError(
                    f'The journal "{self._file}" is damaged in line {number}: remove it to begin anew, with another '
                    "folder or with --overwrite."
                ) from error
            self._last[entry.job] = entry
        return whole

    def _close(self) -> None:
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None
        if self._lock.held:
            self._lock.remove()


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
