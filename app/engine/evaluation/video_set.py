"""Sets of videos to be judged: read from a CSV, grouped by real clip, judged one after the other."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from app.core.errors import FaceError, MediaError, UserError
from app.engine.evaluation.compare import (
    FLOOR,
    REAL,
    Comparison,
    Instruments,
    compare,
    compare_floor,
    compare_real,
)
from app.engine.evaluation.driving_voice import DrivingVoice, read_voice
from app.engine.evaluation.footage import Footage

COLUMNS = ("real", "dubbed", "name", "voice")
"""Of a set's CSV; `voice` may be missing or empty, and more are allowed."""
_NEEDED = COLUMNS[:3]
_LONGEST_HEAD = 10_000
"""Characters of a first line that are looked at."""


_OTHER_VOICE = (
    "a driving voice says something else than the clip's own, so that what is compared with the real mouth's motion "
    "(opening correlation, LMD, offset, SSIM, PSNR) tells nothing of it"
)


class Video(msgspec.Struct, frozen=True):
    """One video of a method."""

    real: Path
    dubbed: Path
    name: str
    """The method's."""
    voice: Path | None
    """The driving voice, where it is given."""
    line: int = 0
    """Its number in its set, such as the line of the CSV that names it."""
    place: str = ""
    """The same in words, for a set's messages."""


class Skipped(msgspec.Struct, frozen=True):
    """A video of a set that could not be judged, and why."""

    line: int
    """As a video's."""
    place: str
    reason: str


class JudgedClip(msgspec.Struct, frozen=True):
    """All that was found on one real clip: the real row, the methods in their order, the floor where there is one."""

    real: str
    rows: tuple[Comparison, ...]
    notes: tuple[str, ...] = ()


def is_video_set(file: Path) -> bool:
    """Whether a CSV's first line names videos to be judged; False for what cannot be read."""
    try:
        with file.open(newline="", encoding="utf-8-sig") as lines:
            names = re.findall(r"\w+", lines.readline(_LONGEST_HEAD))
    except (OSError, UnicodeDecodeError):
        return False
    return bool({"real", "dubbed"} & set(names))


def read_video_set(file: Path) -> tuple[list[Video], list[Skipped]]:
    """The rows that can be tried and those that cannot, in the file's order; paths are relative to the CSV's folder.

    Raises MediaError where the file cannot be read, lacks a column or has no row.
    """
    try:
        with file.open(newline="", encoding="utf-8-sig") as lines:
            reader = csv.DictReader(lines)
            rows = [(reader.line_num, row) for row in reader]
            names = reader.fieldnames or ()
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise MediaError(f'"{file}" cannot be read ({error}): give a CSV file with the columns {_listed()}.') from error
    missing = [column for column in _NEEDED if column not in names]
    if missing or not rows:
        wrong = f"lacks the column {missing[0]}" if missing else "has no row"
        raise MediaError(f'"{file}" {wrong}: give a CSV file with the columns {_listed()}, a row for each video.')
    videos: list[Video] = []
    skipped: list[Skipped] = []
    for line, row in rows:
        try:
            videos.append(_video(file.parent, line, row))
        except MediaError as error:
            skipped.append(Skipped(line, f"line {line}", str(error)))
    return videos, skipped


def _listed() -> str:
    return f"{', '.join(COLUMNS)} ({COLUMNS[-1]} may be left empty), with commas between"


def _video(folder: Path, line: int, row: dict[str, str | None]) -> Video:
    """One row. Raises MediaError where it names no video."""
    values = {column: (row.get(column) or "").strip() for column in COLUMNS}
    empty = [column for column in _NEEDED if not values[column]]
    if empty:
        raise MediaError(f"it has nothing in the column {empty[0]}")
    if values["name"] in (REAL, FLOOR):
        raise MediaError(f'"{values["name"]}" is the name of a row that every report has')
    voice = folder / values["voice"] if values["voice"] else None
    video = Video(folder / values["real"], folder / values["dubbed"], values["name"], voice, line, f"line {line}")
    for file in (video.real, video.dubbed, *([voice] if voice else [])):
        if not file.is_file():
            raise MediaError(f'"{file}" does not exist')
    return video


def check_names(names: Sequence[str]) -> None:
    """Raises UserError for names of methods that are no names or not their own."""
    for name in names:
        if name in (REAL, FLOOR):
            raise UserError(f'"{name}" is the name of a row that every report has: call the method something else.')
        if names.count(name) > 1:
            raise UserError(f'Two videos are called "{name}": give each a name of its own (--names).')


def judge_clip(
    real: Path,
    videos: Sequence[Video],
    instruments: Instruments,
    on_error: Callable[[Video, UserError], None],
) -> JudgedClip | None:
    """Judges all videos of one real clip; None where none could be.

    `on_error` is told of each that cannot be used (MediaError, FaceError) and may raise.
    """
    try:
        footage = Footage(real, instruments.finder, instruments.size, instruments.progress, instruments.streams)
    except (MediaError, FaceError) as error:
        for video in videos:
            on_error(video, error)
        return None
    with footage:
        return _judge_all(footage, videos, instruments, on_error)


def _judge_all(
    footage: Footage,
    videos: Sequence[Video],
    instruments: Instruments,
    on_error: Callable[[Video, UserError], None],
) -> JudgedClip | None:
    """All videos against an open real clip."""
    rows: list[Comparison] = []
    voices: list[DrivingVoice] = []
    for video in videos:
        try:
            if any(video.name == row.name for row in rows):
                raise MediaError(f'"{video.dubbed}" is the second video called "{video.name}" of this clip')
            voice = None if video.voice is None else read_voice(video.voice, instruments.finder.cache)
            with Footage(video.dubbed, instruments.finder, instruments.size, instruments.progress) as dubbed:
                rows.append(compare(footage, dubbed, video.name, instruments, voice))
        except (MediaError, FaceError) as error:
            on_error(video, error)
            continue
        voices += [] if voice is None else [voice]
    if not rows:
        return None
    own = _own_voice(footage, instruments) if voices else None
    real = compare_real(footage, instruments, own)
    floor = compare_floor(footage, instruments, voices[0] if voices else None)
    notes = [] if floor else ["the clip is too short for a copy-reference floor"]
    if own is not None and any(_differs(own, voice, footage) for voice in voices):
        notes.append(_OTHER_VOICE)
    return JudgedClip(str(footage.path), (real, *rows, *([floor] if floor else [])), tuple(notes))


def _differs(own: DrivingVoice, voice: DrivingVoice, footage: Footage) -> bool:
    """Whether a voice is not the real clip's own."""
    times = footage.times.times
    return own.at(times).differs(voice.at(times))


def _own_voice(footage: Footage, instruments: Instruments) -> DrivingVoice | None:
    """The real clip's own sound; None where it has none."""
    if footage.reader.info.audio is None:
        return None
    return read_voice(footage.path, instruments.finder.cache, tolerant=True, streams=footage.reader.streams)
