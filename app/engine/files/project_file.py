"""Project files (.redub): JSON with a format number, written in one step, older ones opened by migrations.

    {"format": 2, "written_by": "Redub 0.1.0", "project": {"clip": "footage/a.mp4", ...}}

Times are fractions as text ("1001/30000"). Paths of media below the project's folder or below the folder beside it
are relative, with forward slashes, so that both can move together; all others are absolute. The previous versions
stand beside the file as NAME.redub1 (the latest) to NAME.redub5, and can be opened like any other.
"""

from __future__ import annotations

import json
import math
import os
import re
import shutil
from collections.abc import Callable, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal, cast

import msgspec
from msgspec.structs import replace

from app import __version__
from app.core.errors import UserError
from app.core.normalise import normalise
from app.core.project import Project, Segment, View
from app.core.timebase import encode_json
from app.engine.files.atomic_file import write_atomic
from app.engine.media.content import content_hash

SUFFIX = ".redub"
FORMAT = 2
"""The format that this Redub writes."""
LARGEST = 64 << 20
"""Bytes; a larger file is no project, and is not read into memory."""

Medium = Literal["clip", "voice"]
Raw = dict[str, Any]
"""The content of a project file as decoded JSON."""


def _with_speakers(raw: Raw) -> Raw:
    """Format 1 knew no speakers, takes and cuts: fields that are left out are empty; an older Redub would lose them."""
    return raw


MIGRATIONS: Mapping[int, Callable[[Raw], Raw]] = {1: _with_speakers}
"""For each earlier format, the function that migrates a project to the next one."""

_FRACTION = re.compile(r"-?\d{1,200}/[1-9]\d{0,199}", re.ASCII)


def save_project(project: Project, file: Path, backups: int = 5) -> None:
    """Writes the project; the version that stood there becomes the latest of `backups`.

    Raises UserError with one sentence where that cannot be; the old file then stands as it was.
    """
    file = file.absolute()
    data = encode_project(project, file.parent)

    def keep_old(target: Path) -> None:
        if target.is_file() and target.read_bytes() != data:
            _rotate(target, backups)

    write_atomic(file, data, keep_old)


def load_project(file: Path) -> Project:
    """The project in `file`, with absolute paths. Raises UserError with one sentence for what is none."""
    file = file.absolute()
    return decode_project(read_raw(file), file)


def missing_media(project: Project) -> tuple[Medium, ...]:
    """Which of the media that the project names are missing."""
    named: tuple[tuple[Medium, str], ...] = (("clip", project.clip), ("voice", project.voice))
    return tuple(medium for medium, path in named if path and not Path(path).is_file())


def missing_takes(project: Project) -> tuple[str, ...]:
    """The files of voices that segments have of their own, are heard, and are missing."""
    heard = dict.fromkeys(own.path for segment in project.segments or () if (own := segment.own_voice) is not None)
    return tuple(path for path in heard if not Path(path).is_file())


def matches(path: Path, sha256: str) -> bool:
    """Whether the file holds what `sha256` says; an empty one says nothing. Reads it all: not for the GUI thread.

    Raises MediaError where the file cannot be read.
    """
    return not sha256 or content_hash(path) == sha256


def backups_of(file: Path) -> list[Path]:
    """The backups beside `file`, latest first."""
    found: list[Path] = []
    while (backup := _backup(file, len(found) + 1)).is_file():
        found.append(backup)
    return found


def encode_project(project: Project, folder: Path | None, **more: str) -> bytes:
    """The bytes of a project file in `folder`; None leaves all paths absolute. `more` goes beside the project.

    Raises UserError for a path that cannot be written as text.
    """
    stored = replace(
        project,
        clip=_stored(project.clip, folder),
        voice=_stored(project.voice, folder),
        cut=_stored(project.cut, folder),
        segments=_with_takes(project.segments, lambda path: _stored(path, folder)),
        weights=_stored_weights(project.weights, folder),
        view=_finite(project.view),
    )
    head = {"format": FORMAT, "written_by": f"Redub {__version__}", **more}
    try:
        body = msgspec.Raw(encode_json(stored))
        data = msgspec.json.encode({**head, "project": body})
    except UnicodeEncodeError as error:
        raise UserError(
            f"The project names a file whose name is not text ({error.object!a}): rename that file and choose it again."
        ) from error
    return msgspec.json.format(data, indent=1) + b"\n"


def read_raw(file: Path) -> Raw:
    """What stands in a project file: an object with a format that is known. Raises UserError for all else."""
    try:
        size = file.stat().st_size
        if file.is_dir() or size > LARGEST:
            raise _no_project(file, "it is a folder" if file.is_dir() else "it is too large")
        if not file.is_file():
            raise _no_project(file, "it is a pipe or a device")
        text = file.read_bytes().decode("utf-8-sig")
        raw = json.loads(text) if text.strip() else None
    except FileNotFoundError as error:
        raise UserError(f'"{file}" does not exist: check the name and the folder.') from error
    except OSError as error:
        raise UserError(f'"{file}" cannot be read ({error.strerror}): check its permissions.') from error
    except (ValueError, RecursionError) as error:
        raise _damaged(file, "it is not JSON") from error
    if raw is None:
        raise _damaged(file, "it is empty")
    return _check_format(raw, file)


def decode_project(raw: Raw, file: Path) -> Project:
    """The project in what `read_raw` gave; relative paths start from the folder of `file`. Raises UserError."""
    try:
        data = migrate(raw, MIGRATIONS, FORMAT)
        project = msgspec.convert(data.get("project"), Project, dec_hook=_decode, strict=True)
        project = normalise(project)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError, UserError) as error:
        raise _damaged(file, str(error)) from error
    folder = file.parent
    return replace(
        project,
        clip=_absolute(project.clip, folder),
        voice=_absolute(project.voice, folder),
        cut=_absolute(project.cut, folder),
        segments=_with_takes(project.segments, lambda path: _absolute(path, folder)),
        weights=_absolute(project.weights, folder) if _is_path(project.weights) else project.weights,
        view=_finite(project.view),
    )


def migrate(raw: Raw, migrations: Mapping[int, Callable[[Raw], Raw]], wanted: int) -> Raw:
    """Takes a file's content through every format from its own to `wanted`; what was given is left as it is."""
    while raw["format"] < wanted:
        number = raw["format"]
        raw = {**migrations[number](dict(raw)), "format": number + 1}
    return raw


def _check_format(raw: object, file: Path) -> Raw:
    found = cast("Raw", raw) if isinstance(raw, dict) else {}
    number = found.get("format")
    if not isinstance(number, int) or isinstance(number, bool):
        raise _no_project(file, "it has no format number")
    if number > FORMAT:
        raise UserError(
            f'"{file}" was saved by a newer Redub (format {number}; this one knows up to {FORMAT}): update Redub.'
        )
    if number < min(MIGRATIONS, default=FORMAT):
        raise _no_project(file, f"there is no format {number}")
    return found


def _no_project(file: Path, reason: str) -> UserError:
    return UserError(f'"{file}" is not a Redub project ({reason}): choose a file that Redub saved.')


def _damaged(file: Path, reason: str) -> UserError:
    reason = " ".join(reason.split())[:200].rstrip(".")
    backups = backups_of(file)
    advice = f'open its backup "{backups[0].name}" instead' if backups else "open a copy of it"
    return UserError(f'"{file}" is damaged ({reason}): {advice}.')


def _rotate(target: Path, backups: int) -> None:
    """Renumbers the backups: each moves up by one, the oldest is dropped, the file itself becomes the first."""
    if backups < 1:
        return
    existing = min(len(backups_of(target)), backups - 1)
    for number in range(existing, 0, -1):
        _backup(target, number).replace(_backup(target, number + 1))
    first = _backup(target, 1)
    first.unlink(missing_ok=True)
    try:
        os.link(target, first)  # needs no room on the disk
    except OSError:
        shutil.copy2(target, first)  # a file system without hard links


def _backup(file: Path, number: int) -> Path:
    return file.with_name(f"{file.name}{number}")


def _stored(path: str, folder: Path | None) -> str:
    """A path as it is written to a project file in `folder`."""
    if not path:
        return ""
    place = Path(os.path.normpath(Path(path).absolute()))
    if folder is None:
        return place.as_posix()
    home = Path(os.path.normpath(folder.absolute()))
    near = home.parent if home.parent != Path(home.anchor) else home
    if not place.is_relative_to(near):
        return place.as_posix()
    return Path(os.path.relpath(place, home)).as_posix()


def _with_takes(segments: tuple[Segment, ...] | None, place: Callable[[str], str]) -> tuple[Segment, ...] | None:
    """The segments with the paths of their takes put as `place` has them."""
    if segments is None:
        return None
    return tuple(
        replace(one, takes=tuple(replace(take, path=place(take.path)) for take in one.takes)) if one.takes else one
        for one in segments
    )


def _absolute(path: str, folder: Path) -> str:
    return os.path.normpath(folder / path) if path else ""


def _is_path(weights: str) -> bool:
    """Whether weights are a file's path and not a name from the catalogue."""
    return "/" in weights or os.sep in weights or weights.endswith(".safetensors")


def _stored_weights(weights: str, folder: Path | None) -> str:
    if not _is_path(weights):
        return weights
    stored = _stored(weights, folder)
    return stored if _is_path(stored) else f"./{stored}"


def _finite(view: View) -> View:
    """The view; one that has got lost in infinity, which JSON does not know, starts over."""
    return view if math.isfinite(view.scroll) and math.isfinite(view.zoom) else View()


def _decode(kind: type, value: Any) -> Any:
    """The `dec_hook`: fractions of a sane length. Raises ValueError for others."""
    if kind is not Fraction:
        raise NotImplementedError(f"{kind.__name__} has no decoding")
    if not isinstance(value, str) or not _FRACTION.fullmatch(value):
        raise ValueError("a time is written as a fraction, such as 1001/30000")
    return Fraction(value)
