"""What a session that ended badly leaves behind: autosaves in the program's own folder, never in the user's file.

Each session writes under a name of its own, NAME.00001.autosave and so on, and holds the lock NAME.lock. The system
frees the lock when the process ends in whatever way, so that another session can tell what is left from what is
alive. The last few autosaves are kept: a damaged one costs one step.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from msgspec.structs import replace

from app.core.errors import UserError
from app.core.project import Project, View
from app.engine.file_lock import FileLock
from app.engine.files.atomic_file import write_atomic
from app.engine.files.project_file import decode_project, encode_project, load_project, read_raw

KEPT = 3
"""Autosaves of each session; older ones go."""

_SUFFIX = ".autosave"
_UNREADABLE = ".unreadable"
_log = logging.getLogger(__name__)


class Recovered(msgspec.Struct, frozen=True):
    """Work that was not saved."""

    project: Project
    file: Path | None
    """The user's own file of it, as it was saved last; None where it never was."""
    saved: datetime
    """When it was kept, in UTC."""
    session: str
    """Names the session that is gone."""

    @property
    def name(self) -> str:
        """What to call it before people."""
        if self.file is not None:
            return self.file.name
        return f"Unsaved project ({Path(self.project.clip).name})" if self.project.clip else "Unsaved project"


class Recovery:
    """Keeps this session's work in `folder` and finds what others left there; for one thread."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._session = f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{secrets.token_hex(4)}"
        self._lock = FileLock(folder / f"{self._session}.lock")
        self._claimed: dict[str, FileLock] = {}
        self._serial = 0

    def write(self, project: Project, file: Path | None) -> None:
        """Keeps the project, which the user saves as `file`. Raises UserError where that cannot be.

        What was kept before is still there then.
        """
        about = {"file": "" if file is None else str(file.absolute()), "saved": datetime.now(UTC).isoformat()}
        data = encode_project(project, None, **about)
        with self._in_folder():
            self._folder.mkdir(parents=True, exist_ok=True)
            self._lock.acquire()
            self._serial += 1
            write_atomic(self._folder / f"{self._session}.{self._serial:06d}{_SUFFIX}", data)
            for old in self._autosaves(self._session)[KEPT:]:
                old.unlink(missing_ok=True)

    def clear(self) -> None:
        """Nothing of this session is to be recovered: it was saved, or thrown away on purpose. Raises UserError."""
        with self._in_folder():
            self._remove(self._session)

    def pending(self) -> list[Recovered]:
        """What dead sessions left and no other session was offered, the latest first; it is this session's now.

        Work that equals the user's own file is thrown away; autosaves that cannot be read are put aside under
        another name, and a warning is logged. Raises UserError where the folder cannot be changed.
        """
        with self._in_folder():
            sessions = {file.name.split(".")[0] for file in self._folder.glob(f"*{_SUFFIX}")} - {self._session}
            found = [self._recover(session) for session in sessions if self._claim(session)]
        return sorted((one for one in found if one is not None), key=lambda one: one.saved, reverse=True)

    def discard(self, recovered: Recovered) -> None:
        """Throws it away: it was recovered and saved, or is not wanted. Raises UserError."""
        with self._in_folder():
            self._remove(recovered.session)
            self._claimed.pop(recovered.session, FileLock(self._lock_file(recovered.session))).remove()

    def close(self) -> None:
        """Ends the session: what it kept and did not clear, or was offered and did not discard, is offered again."""
        if self._autosaves(self._session):
            self._lock.release()
        else:
            self._lock.remove()
        for lock in self._claimed.values():
            lock.release()
        self._claimed.clear()

    @contextmanager
    def _in_folder(self) -> Generator[None]:
        """Says in a sentence what the system does not allow."""
        try:
            yield
        except OSError as error:
            raise UserError(
                f'Autosaves cannot be written to "{self._folder}" ({error.strerror}): make that folder writable.'
            ) from error

    def _lock_file(self, session: str) -> Path:
        return self._folder / f"{session}.lock"

    def _claim(self, session: str) -> bool:
        """Whether the session is dead and this one is the first to see it."""
        lock = self._claimed.get(session) or FileLock(self._lock_file(session))
        if not lock.acquire():
            return False
        self._claimed[session] = lock
        return True

    def _autosaves(self, session: str) -> list[Path]:
        """The session's autosaves, latest first."""
        return sorted(self._folder.glob(f"{session}.*{_SUFFIX}"), reverse=True)

    def _remove(self, session: str) -> None:
        for file in self._autosaves(session):
            file.unlink(missing_ok=True)

    def _recover(self, session: str) -> Recovered | None:
        """The latest autosave that can be read, if it holds what the user's file does not."""
        for file in self._autosaves(session):
            try:
                recovered = _read(file, session)
            except UserError as error:
                _log.warning("An autosave that cannot be read is put aside: %s", error)
                file.replace(file.with_name(file.name + _UNREADABLE))
                continue
            if not _is_saved(recovered):
                return recovered
            break
        self._remove(session)
        self._claimed.pop(session).remove()
        return None


def _read(file: Path, session: str) -> Recovered:
    """Raises UserError for what is no autosave."""
    raw = read_raw(file)
    project = decode_project(raw, file)
    name, saved = raw.get("file", ""), raw.get("saved", "")
    try:
        return Recovered(project, Path(name) if name else None, datetime.fromisoformat(saved), session)
    except (TypeError, ValueError) as error:
        raise UserError(f'"{file}" does not say when it was saved: it cannot be recovered.') from error


def _is_saved(recovered: Recovered) -> bool:
    """Whether the user's file holds the same work; where he was in it does not count."""
    if recovered.file is None:
        return False
    try:
        saved = load_project(recovered.file)
    except UserError:
        return False  # gone or damaged: all the more reason to offer the autosave
    return replace(saved, view=View()) == replace(recovered.project, view=View())
