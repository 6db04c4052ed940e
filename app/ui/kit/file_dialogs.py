"""The system's file dialogs; each opens in the folder that was used last, in whichever of them that was."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QFileDialog, QWidget

_LAST = "redub_last_folder"
"""The application's property that keeps the folder."""


def last_folder() -> Path | None:
    """Where a file was chosen last; None where none was yet, or the folder is gone."""
    app = QCoreApplication.instance()
    kept = "" if app is None else str(app.property(_LAST) or "")
    return Path(kept) if kept and Path(kept).is_dir() else None


def remember_folder(folder: Path | None) -> None:
    """Dialogs open there from now on."""
    app = QCoreApplication.instance()
    if app is not None:
        app.setProperty(_LAST, "" if folder is None else str(folder))


def ask_open(parent: QWidget, title: str, name_filter: str, otherwise: Path | None = None) -> Path | None:
    """A file that is there; None where none was chosen. `otherwise`: where to begin before any folder was used."""
    start = last_folder() or otherwise or ""
    name, _ = QFileDialog.getOpenFileName(parent, title, str(start), name_filter)
    return _chosen(name)


def ask_save(parent: QWidget, title: str, name_filter: str, start: Path, replace_asked: bool = True) -> Path | None:
    """A file to write; None where none was chosen. A `start` that is a name alone lies in the folder used last.

    With `replace_asked` the user agreed to replace what is there.
    """
    start = start if start.is_absolute() else (last_folder() or Path.home()) / start
    if replace_asked:
        name, _ = QFileDialog.getSaveFileName(parent, title, str(start), name_filter)
    else:
        unasked = QFileDialog.Option.DontConfirmOverwrite
        name, _ = QFileDialog.getSaveFileName(parent, title, str(start), name_filter, options=unasked)
    return _chosen(name)


def ask_folder(parent: QWidget, title: str, start: Path | None = None) -> Path | None:
    """A folder; None where none was chosen."""
    name = QFileDialog.getExistingDirectory(parent, title, str(start or last_folder() or ""))
    if not name:
        return None
    remember_folder(Path(name))
    return Path(name)


def _chosen(name: str) -> Path | None:
    if not name:
        return None
    remember_folder(Path(name).parent)
    return Path(name)
