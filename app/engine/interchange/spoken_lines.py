"""Lines that Subtitle Edit had spoken: SubtitleEditTts.json with its sound files, laid into one voice.

{"VideoFileName": "...", "Items": [{"Text": "...", "StartMs": 1200, "EndMs": 3400, "AudioFileName": "0001.wav",
 "VoiceName": "Anna", "Include": true, ...}]}
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path, PureWindowsPath
from typing import Any, cast

import msgspec
import numpy as np
import soundfile

from app.core.cues import Cue
from app.core.errors import UserError
from app.core.timebase import TimeRange, to_pts
from app.engine.interchange.subtitles import LARGEST
from app.engine.media.audio import Samples, decode_blocks
from app.engine.media.probe import require_audio
from app.engine.replacing import replacing

SUFFIX = ".json"
BLOCK = 1 << 16
"""Samples that are mixed at a time."""


class SpokenLine(msgspec.Struct, frozen=True):
    """A line with the sound file that speaks it."""

    cue: Cue
    """From the line's start to its end, or the sound's where that is later."""
    sound: Path
    duration: Fraction
    """Seconds of the sound."""


class SpokenLines(msgspec.Struct, frozen=True):
    """What Subtitle Edit exported."""

    lines: tuple[SpokenLine, ...]
    """In order of time."""
    notes: tuple[str, ...] = ()
    """A sentence for each thing that was not as it should be, and what was done about it."""


def read_spoken_lines(file: Path) -> SpokenLines:
    """The lines that are to be heard. Raises UserError for another file, and where a sound is missing or unusable."""
    items = _items(file)
    wanted = [item for item in items if item.get("include", True)]
    notes: list[str] = []
    if len(wanted) < len(items):
        notes.append(f"{len(items) - len(wanted)} of {len(items)} lines are not included in the export: left out.")
    lines = [_line(item, number, file) for number, item in enumerate(wanted, start=1)]
    late = [line for line in lines if line.cue.range.start >= 0]
    if len(late) < len(lines):
        notes.append(f"{len(lines) - len(late)} of the lines begin before 0: left out.")
    if not late:
        raise UserError(f'"{file}" holds no line that is to be heard: include some in Subtitle Edit and export again.')
    return SpokenLines(tuple(sorted(late, key=lambda line: line.cue.range.start)), tuple(notes))


def assemble(lines: Sequence[SpokenLine], target: Path) -> None:
    """Writes one sound to `target`, a WAV of 32-bit floats: every line at its time, at the highest of their rates.

    Where lines overlap, both are heard. Raises UserError for sounds that cannot be decoded and where `target` cannot
    be written; nothing is left behind then.
    """
    rate = max(_rate(line.sound) for line in lines)
    spans = [_span(line, rate) for line in lines]
    try:
        with (
            replacing(target, keep_suffix=True) as temporary,
            soundfile.SoundFile(temporary, "w", rate, 1, "FLOAT", format="WAV") as file,
        ):
            for block in _mixed(lines, spans, rate):
                file.write(block)
    except (OSError, soundfile.LibsndfileError) as error:
        raise UserError(f'The voice "{target}" cannot be written ({error}): choose another folder.') from error


def _mixed(lines: Sequence[SpokenLine], spans: Sequence[tuple[int, int]], rate: int) -> Iterator[Samples]:
    """The sum of all lines, from 0 to the last one's end; no more of them is held than what overlaps."""
    waiting = np.zeros(0, np.float32)
    position = 0
    for line, (start, _) in zip(lines, spans, strict=True):
        while position + len(waiting) < start and len(waiting):
            yield waiting
            position, waiting = position + len(waiting), waiting[:0]
        while not len(waiting) and position < start:
            count = min(BLOCK, start - position)
            yield np.zeros(count, np.float32)
            position += count
        done = min(max(0, start - position), len(waiting))
        yield waiting[:done]
        position, waiting = position + done, waiting[done:]
        sound = np.concatenate([block[:, 0] for block in decode_blocks(line.sound, rate, 1)])
        sound = np.pad(sound, (start - position, 0))
        longest = max(len(sound), len(waiting))
        waiting = np.pad(waiting, (0, longest - len(waiting))) + np.pad(sound, (0, longest - len(sound)))
    yield waiting


def _span(line: SpokenLine, rate: int) -> tuple[int, int]:
    start = to_pts(line.cue.range.start, Fraction(1, rate))
    return start, start + to_pts(line.duration, Fraction(1, rate))


def _rate(sound: Path) -> int:
    info = require_audio(sound).audio
    assert info is not None
    return info.rate


def _items(file: Path) -> list[dict[str, Any]]:
    """The entries, with names in lower case. Raises UserError."""
    try:
        if file.stat().st_size > LARGEST:
            raise ValueError("it is too large")
        found = _lowered(json.loads(file.read_text("utf-8-sig")))
        items = found["items"]
        if not isinstance(items, list) or not all(isinstance(item, dict) for item in cast("list[Any]", items)):
            raise ValueError("its items are no list")
    except OSError as error:
        raise UserError(f'"{file}" cannot be read ({error.strerror}): check its name and permissions.') from error
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        reason = "it has no items" if isinstance(error, KeyError) else str(error)
        raise UserError(
            f'"{file}" is no SubtitleEditTts.json ({reason}): export it from Subtitle Edit\'s review of spoken lines.'
        ) from error
    return cast("list[dict[str, Any]]", items)


def _lowered(value: Any) -> Any:
    """JSON with the names in lower case: versions of Subtitle Edit write them differently."""
    if isinstance(value, dict):
        return {str(name).lower(): _lowered(item) for name, item in cast("dict[Any, Any]", value).items()}
    return [_lowered(item) for item in cast("list[Any]", value)] if isinstance(value, list) else value


def _line(item: dict[str, Any], number: int, file: Path) -> SpokenLine:
    """One entry. Raises UserError where it lacks something."""
    try:
        start, stop = (Fraction(int(item[name]), 1000) for name in ("startms", "endms"))
        name = str(item["audiofilename"])
    except (KeyError, TypeError, ValueError) as error:
        raise UserError(f'Line {number} of "{file}" lacks its times or its sound: export it again.') from error
    sound = _sound(name, number, file)
    duration = require_audio(sound).duration
    span = TimeRange(start, max(stop, start + duration))
    return SpokenLine(Cue(span, str(item.get("text") or ""), str(item.get("voicename") or "")), sound, duration)


def _sound(name: str, number: int, file: Path) -> Path:
    """The sound where the entry says, or under its name beside the file: the folder may come from another machine."""
    for place in (file.parent / name, file.parent / PureWindowsPath(name).name):
        if name and place.is_file():
            return place
    raise UserError(f'The sound "{name}" of line {number} of "{file}" is missing: put it beside the file.')
