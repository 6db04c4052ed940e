"""What kind of file something is by its name, for drops and file dialogs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import msgspec
from PySide6.QtCore import QMimeData, QMimeDatabase

Kind = Literal["project", "clip", "voice"]

PROJECT_SUFFIX = ".redub"
PROJECT_FILTER = "Redub projects (*.redub)"
CLIP_FILTER = "Video (*.mp4 *.mov *.m4v *.mkv *.webm *.avi *.mxf *.mts *.m2ts *.ts *.mpg *.wmv *.3gp);;All files (*)"
VOICE_FILTER = (
    "Sound (*.wav *.flac *.mp3 *.m4a *.aac *.ogg *.opus *.aif *.aiff *.wma);;"
    "Video with sound (*.mp4 *.mov *.m4v *.mkv *.webm *.avi *.mxf);;All files (*)"
)


class Chosen(msgspec.Struct, frozen=True):
    """What a handful of files is good for."""

    project: Path | None = None
    clip: Path | None = None
    voice: Path | None = None
    unknown: tuple[Path, ...] = ()
    """Neither picture nor sound nor project, or one too many of a kind."""


def kind_of(path: Path) -> Kind | None:
    """By the name alone: whether there is really a picture in it is found out when it is opened."""
    if path.suffix.lower() == PROJECT_SUFFIX:
        return "project"
    mime = QMimeDatabase().mimeTypeForFile(str(path), QMimeDatabase.MatchMode.MatchExtension).name()
    if mime.startswith("video/") or mime == "application/mxf":
        return "clip"
    return "voice" if mime.startswith("audio/") else None


def sort_files(paths: Sequence[Path]) -> Chosen:
    """Gives each file its place by its type.

    Of two videos and no sound the second one gives the voice: its sound is what the first one gets.
    """
    found: dict[str, Path] = {}
    unknown: list[Path] = []
    for path in paths:
        kind = kind_of(path)
        if kind == "clip" and "clip" in found and "voice" not in found:
            kind = "voice"
        if kind is None or kind in found:
            unknown.append(path)
        else:
            found[kind] = path
    return Chosen(found.get("project"), found.get("clip"), found.get("voice"), tuple(unknown))


def dropped_files(data: QMimeData) -> list[Path]:
    """The local files of a drag; empty where it holds none."""
    return [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()]
