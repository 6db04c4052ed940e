"""The list of recently opened projects."""

from __future__ import annotations

import hashlib
import logging
import os
from contextlib import suppress
from pathlib import Path

import msgspec

from app.engine.files.atomic_file import write_json

KEPT = 12
"""How many projects are remembered."""

Paths = list[Path]

_log = logging.getLogger(__name__)


class Recent:
    """The list of recent projects in a file of `folder`, shared by all sessions of the program."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "recent.json"
        self._pictures = folder / "recent"

    def add(self, path: Path) -> None:
        """Puts a project first. Raises UserError where the list cannot be written."""
        path = path.absolute()
        self._write([path, *(other for other in self._read() if other != path)][:KEPT])

    def remove(self, path: Path) -> None:
        """Forgets a project. Raises UserError where the list cannot be written."""
        self._write([other for other in self._read() if other != path.absolute()])

    def clear(self) -> None:
        """Clears the list. Raises UserError where the list cannot be written."""
        self._write([])

    def list(self) -> Paths:
        """The projects that are still there, the latest first; others come back when their disk does."""
        return [path for path in self._read() if path.is_file()]

    def picture(self, path: Path) -> Path:
        """Where a project's small picture is kept, if one was made; it goes when the project is forgotten."""
        name = hashlib.sha256(os.fsencode(path.absolute())).hexdigest()[:24]
        return self._pictures / f"{name}.jpg"

    def _read(self) -> Paths:
        """All that is remembered; nothing where the file is not there or is damaged (then a warning is logged)."""
        try:
            return [Path(text) for text in msgspec.json.decode(self._file.read_bytes(), type=list[str])]
        except FileNotFoundError:
            return []
        except (OSError, msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            _log.warning(
                'The list of recent projects in "%s" cannot be read (%s): a new list is started.', self._file, error
            )
            return []

    def _write(self, paths: Paths) -> None:
        # names that are no text cannot stand in JSON, and such a project is opened by its dialog
        write_json(self._file, [str(path) for path in paths if _is_text(str(path))])
        kept = {self.picture(path) for path in paths}
        for picture in self._pictures.glob("*.jpg"):
            if picture not in kept:
                with suppress(OSError):  # another session may be at it
                    picture.unlink()


def _is_text(path: str) -> bool:
    """Whether a path can be written as UTF-8; on Linux a file's name may be any bytes."""
    return not any("\ud800" <= letter <= "\udfff" for letter in path)
