"""Finding media again that were moved or renamed: by name, and surely by content."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import msgspec

from app.core.errors import MediaError
from app.engine.files.project_file import Medium
from app.engine.media.content import content_hash
from app.engine.media.probe import require_audio, require_video
from app.engine.progress import CancelToken, Progress, no_progress


class Wanted(msgspec.Struct, frozen=True):
    """A missing file that is being looked for."""

    medium: Medium
    path: Path
    """Where the file was last."""
    sha256: str
    """Hash of its bytes; empty if it was never worked out, and then its name must do."""


class Candidate(msgspec.Struct, frozen=True):
    """A file that may take the place of the missing one."""

    medium: Medium
    path: Path
    sha256: str
    same: bool
    """Whether it holds what was wanted, as far as that is known."""


class Search(msgspec.Struct, frozen=True):
    """The result of a search."""

    found: tuple[Candidate, ...]
    """At most one for each medium; the same content where there is some, else the same name."""
    looked_at: int
    """Files whose content was compared."""
    unreadable: int
    """Files and folders that could not be opened."""


def look_at(path: Path, wanted: Wanted, cancel: CancelToken | None = None) -> Candidate:
    """What a file would be in the place of `wanted`.

    Raises MediaError for one that can be no clip or no voice, Cancelled when asked to stop.
    """
    path = path.absolute()
    _require(path, wanted.medium)
    sha256 = content_hash(path, cancel)
    return Candidate(wanted.medium, path, sha256, same=wanted.sha256 in ("", sha256))


def search(
    folder: Path,
    wanted: Sequence[Wanted],
    progress: Progress = no_progress,
    cancel: CancelToken | None = None,
    deep: bool = True,
) -> Search:
    """Looks through `folder` for each of `wanted`: files of its name first, then all of its kind (same suffix).

    Without `deep`, only files of that very name in that very folder. Raises Cancelled when asked to stop.
    """
    hunt = _Hunt(progress, cancel or CancelToken())
    paths = list(hunt.walk(folder)) if deep else [folder / each.path.name for each in wanted]
    found = [hunt.find(each, [path for path in paths if _is_alike(path, each)]) for each in wanted]
    return Search(tuple(one for one in found if one is not None), hunt.looked_at, hunt.unreadable)


class _Hunt:
    """One search; counts what it sees."""

    def __init__(self, progress: Progress, cancel: CancelToken) -> None:
        self._progress, self._cancel = progress, cancel
        self._compared: set[Path] = set()
        self.unreadable = 0

    @property
    def looked_at(self) -> int:
        """Files whose content was compared."""
        return len(self._compared)

    def walk(self, folder: Path) -> Iterator[Path]:
        """All files below, in order of their names; links to folders are not followed."""
        count = 0
        for place, folders, files in os.walk(folder, onerror=self._refused):
            folders.sort()
            for name in sorted(files):
                self._cancel.check()
                count += 1
                yield Path(place) / name
            self._progress("listing", count, None)

    def find(self, wanted: Wanted, paths: Iterable[Path]) -> Candidate | None:
        """The file with the wanted content; failing that, the first usable one of the wanted name."""
        ordered = sorted(paths, key=lambda path: not _is_named(path, wanted))
        by_name: Candidate | None = None
        for number, path in enumerate(ordered):
            named = _is_named(path, wanted)
            if not named and not wanted.sha256:
                break
            self._progress("comparing", number, len(ordered))
            sha256 = self._digest(path)
            if sha256 and sha256 == wanted.sha256:
                return Candidate(wanted.medium, path.absolute(), sha256, same=True)
            if named and sha256 and by_name is None and _is_usable(path, wanted.medium):
                by_name = Candidate(wanted.medium, path.absolute(), sha256, same=not wanted.sha256)
        return by_name

    def _digest(self, path: Path) -> str:
        """The hash of a file's content; empty if it cannot be read or is empty."""
        try:
            sha256 = content_hash(path, self._cancel)
        except MediaError:
            self.unreadable += 1
            return ""
        self._compared.add(path)
        return sha256

    def _refused(self, _error: OSError) -> None:
        self.unreadable += 1


def _is_alike(path: Path, wanted: Wanted) -> bool:
    """Whether a look at its content is worth while; pipes and the like are left alone."""
    return path.suffix.casefold() == wanted.path.suffix.casefold() and path.is_file()


def _is_named(path: Path, wanted: Wanted) -> bool:
    return path.name.casefold() == wanted.path.name.casefold()


def _is_usable(path: Path, medium: Medium) -> bool:
    try:
        _require(path, medium)
    except MediaError:
        return False
    return True


def _require(path: Path, medium: Medium) -> None:
    """Raises MediaError for what can be no such medium."""
    if medium == "clip":
        require_video(path)
    else:
        require_audio(path)
