"""What kind of file something is by its name, for drops and file dialogs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Literal

import msgspec
from PySide6.QtCore import QMimeData, QMimeDatabase

from app.engine.files.project_file import SUFFIX
from app.engine.media.codecs import CONTAINERS
from app.engine.media.suffixes import CLIP_SUFFIXES, SOUND_SUFFIXES

Kind = Literal["project", "clip", "voice"]


def _filter(title: str, suffixes: Iterable[str]) -> str:
    """A name filter of Qt's file dialogs."""
    return f"{title} ({' '.join(f'*{suffix}' for suffix in suffixes)})"


_ALL_FILES = "All files (*)"
PROJECT_FILTER = _filter("Redub projects", [SUFFIX])
CLIP_FILTER = f"{_filter('Video', CLIP_SUFFIXES)};;{_ALL_FILES}"
VOICE_FILTER = f"{_filter('Sound', SOUND_SUFFIXES)};;{_filter('Video with sound', CLIP_SUFFIXES)};;{_ALL_FILES}"
STILL_FILTER = _filter("PNG pictures", [".png"])
OUTPUT_FILTER = _filter("Video", CONTAINERS)


class Chosen(msgspec.Struct, frozen=True):
    """What a handful of files is good for."""

    project: Path | None = None
    clip: Path | None = None
    voice: Path | None = None
    unknown: tuple[Path, ...] = ()
    """Neither picture nor sound nor project, or one too many of a kind."""


def kind_of(path: Path) -> Kind | None:
    """By the name alone: whether there is really a picture in it is found out when it is opened."""
    suffix = path.suffix.lower()
    if suffix == SUFFIX:
        return "project"
    if suffix in CLIP_SUFFIXES or suffix in SOUND_SUFFIXES:  # to the MIME database, .ts is text for translators
        return "clip" if suffix in CLIP_SUFFIXES else "voice"
    mime = QMimeDatabase().mimeTypeForFile(str(path), QMimeDatabase.MatchMode.MatchExtension).name()
    if mime.startswith("video/") or mime == "application/mxf":
        return "clip"
    return "voice" if mime.startswith("audio/") else None


def as_output(path: Path) -> Path:
    """`path` if an export may have that name; else with the usual suffix: in place of another video's, or added."""
    usual = next(iter(CONTAINERS))
    if path.suffix.lower() in CONTAINERS:
        return path
    return path.with_suffix(usual) if kind_of(path) == "clip" else path.with_name(f"{path.name}{usual}")


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
