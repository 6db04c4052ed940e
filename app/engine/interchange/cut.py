"""Timelines of editing programs (OpenTimelineIO, FCP 7 XML): which clips a cut is made of, and where each lies."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit
from urllib.request import url2pathname
from zipfile import BadZipFile

import msgspec
import opentimelineio as otio

from app.core.errors import UserError
from app.core.text import listed
from app.core.timebase import TimeRange
from app.engine.replacing import replacing_folder

FORMATS = {".otio": "otio_json", ".otioz": "otioz", ".xml": "fcp_xml"}
"""Suffixes of timelines that are read, and what OpenTimelineIO calls the formats."""
NESTED = "it lies in a nested sequence: choose it in that sequence's own cut"

ADAPTER_ERRORS = (otio.exceptions.OTIOError, ValueError, TypeError, LookupError, AttributeError)
"""What adapters let through: whatever goes wrong in them, down to AttributeError for an element that is not there."""

_NTSC = (24, 30, 48, 60, 120)
"""Rates that are also used 1001/1000 slower."""


class CutClip(msgspec.Struct, frozen=True):
    """A clip of a cut."""

    number: int
    """From 1, in the order of tracks and time."""
    name: str
    track: str
    media: Path | None
    """The file, where the cut says it is; it may not be there. None where the cut names none."""
    range: TimeRange
    """What of the file is shown, in seconds of the file."""
    at: TimeRange
    """Where it lies, in seconds of the cut."""
    rate: Fraction
    """Frames a second in which the cut counts the clip."""
    problem: str = ""
    """Why it cannot be dubbed; a clause."""
    notes: tuple[str, ...] = ()
    """A sentence for each thing about it that is to be known."""


def exact_rate(rate: float) -> Fraction:
    """The rate that a number in a timeline means: 23.976 and 23.98 are 24000/1001, which is not 24.

    Raises ValueError unless it is positive and finite.
    """
    if not 0 < rate < 1e6:
        raise ValueError(f"a frame rate is positive, not {rate}")
    for whole in _NTSC:
        if abs(rate - whole / 1.001) < 0.005:
            return Fraction(whole * 1000, 1001)
    return Fraction(rate).limit_denominator(1001)


def seconds_of(time: otio.opentime.RationalTime) -> Fraction:
    """A time of OpenTimelineIO in exact seconds. Raises ValueError for one that is none."""
    return Fraction(time.value).limit_denominator(1 << 20) / exact_rate(time.rate)


def range_of(span: otio.opentime.TimeRange) -> TimeRange:
    """A stretch of OpenTimelineIO's in exact seconds. Raises ValueError for one that is none."""
    start = seconds_of(span.start_time)
    return TimeRange(start, start + seconds_of(span.duration))


def is_cut(file: Path) -> bool:
    """Whether the name is one of a timeline."""
    return file.suffix.lower() in FORMATS


def read_cut(file: Path, unpacked: Path | None = None) -> otio.schema.Timeline:
    """The timeline in a file; media that an .otioz holds are put into the folder `unpacked`, unless that is there.

    Raises UserError for what holds none. FCP XML with several sequences gives the first.
    """
    kind = FORMATS.get(file.suffix.lower())
    if kind is None:
        raise UserError(f'"{file}" does not end in {listed(FORMATS)}: export the cut as one of these.')
    if not file.is_file():
        raise UserError(f'"{file}" is not there or no file: check its name.')
    into = unpacked if kind == "otioz" else None
    try:
        found = _read(file, kind, into)
    except (*ADAPTER_ERRORS, OSError, BadZipFile, SyntaxError) as error:  # XML is a SyntaxError where it is none
        raise UserError(f'"{file}" holds no timeline that can be read ({brief(error)}): export it again.') from error
    timelines = list(found) if isinstance(found, otio.schema.SerializableCollection) else [found]
    timeline = next((one for one in timelines if isinstance(one, otio.schema.Timeline)), None)
    if timeline is None:
        raise UserError(f'"{file}" holds no timeline: export the cut itself, not a clip or a bin.')
    if into is not None:
        _point_into(timeline, into)
    return timeline


def _read(file: Path, kind: str, unpacked: Path | None) -> Any:
    """What the adapter reads; with the media of a bundle in the folder `unpacked`, whole or not there."""
    if unpacked is None or unpacked.is_dir():
        return otio.adapters.read_from_file(str(file), adapter_name=kind)
    with replacing_folder(unpacked) as folder:
        return otio.adapters.read_from_file(str(file), adapter_name=kind, extract_to_directory=str(folder))


def _point_into(timeline: otio.schema.Timeline, folder: Path) -> None:
    """Lets the clips of a bundle show the files that were unpacked into `folder`."""
    for clip in timeline.find_clips():
        reference = clip.media_reference
        if isinstance(reference, otio.schema.ExternalReference) and not urlsplit(reference.target_url).scheme:
            reference.target_url = (folder.absolute() / unquote(reference.target_url)).as_uri()


def clips_of(timeline: otio.schema.Timeline, folder: Path) -> list[CutClip]:
    """The clips of a cut's video tracks; media that are named relative lie below `folder`."""
    found: list[CutClip] = []
    for track in timeline.video_tracks():
        for clip in track.find_clips():
            found.append(_cut_clip(clip, track, len(found) + 1, folder))
    return found


def sounds_of(timeline: otio.schema.Timeline, folder: Path) -> list[CutClip]:
    """The clips of a cut's audio tracks, likewise."""
    found: list[CutClip] = []
    for track in timeline.audio_tracks():
        for clip in track.find_clips():
            found.append(_cut_clip(clip, track, len(found) + 1, folder))
    return found


def clip_named(clips: list[CutClip], wanted: str | None, file: Path) -> CutClip:
    """The clip of that number or name; the only one for None. Raises UserError where there is none or several."""
    if not clips:
        raise UserError(f'The cut "{file}" has no clip in its video tracks: choose another.')
    if wanted is None:
        if len(clips) > 1:
            raise UserError(f'The cut "{file}" has {len(clips)} clips: choose one with --pick; --list shows them.')
        return clips[0]
    found = [clip for clip in clips if wanted in (str(clip.number), clip.name)]
    if len(found) != 1:
        which = "no clip" if not found else f"{len(found)} clips"
        raise UserError(f'The cut "{file}" has {which} "{wanted}": choose one by its number; --list shows them.')
    return found[0]


def otio_clip(timeline: otio.schema.Timeline, number: int) -> otio.schema.Clip:
    """The clip of that number in `clips_of`. Raises UserError where there is none."""
    clips = [clip for track in timeline.video_tracks() for clip in track.find_clips()]
    if not 1 <= number <= len(clips):
        raise UserError(f"The cut has no clip {number} any more: choose the clip again.")
    return clips[number - 1]


def _cut_clip(clip: otio.schema.Clip, track: otio.schema.Track, number: int, folder: Path) -> CutClip:
    """What is to be known of a clip; what is wrong with it is its `problem`."""
    media, nothing = _media(clip, folder), TimeRange(Fraction(0), Fraction(0))
    base = CutClip(number, clip.name, track.name, media, nothing, nothing, Fraction(1))
    try:
        span = clip.trimmed_range()
        base = msgspec.structs.replace(base, rate=exact_rate(span.duration.rate), range=range_of(span))
        if clip.parent() is not track:
            return msgspec.structs.replace(base, problem=NESTED)
        at = range_of(clip.transformed_time_range(span, _root(track)))
        shown, notes = _retimed(clip, _from_origin(clip, base.range))
    except (ValueError, otio.exceptions.OTIOError, RuntimeError) as error:
        return msgspec.structs.replace(base, problem=f"its place cannot be told ({brief(error)})")
    problem = "" if shown.duration and shown.start >= 0 else "its range lies outside its media"
    problem = problem if media is not None else "the cut names no media for it: link them there and export again"
    return msgspec.structs.replace(base, range=shown, at=at, problem=problem, notes=notes)


def _root(track: otio.schema.Track) -> Any:
    return track.parent() or track


def _from_origin(clip: otio.schema.Clip, span: TimeRange) -> TimeRange:
    """Source time counts from the media's own timecode: seconds of the file count from its first frame."""
    available = clip.media_reference.available_range
    if available is None:
        return span
    return span.shifted(-seconds_of(available.start_time))


def _retimed(clip: otio.schema.Clip, span: TimeRange) -> tuple[TimeRange, tuple[str, ...]]:
    """What of the file is shown where a clip is played faster or slower. Raises ValueError for other time effects."""
    factor, notes = Fraction(1), list[str]()
    for effect in clip.effects:
        if isinstance(effect, otio.schema.LinearTimeWarp):
            factor *= Fraction(effect.time_scalar).limit_denominator(10_000)
            notes.append(f'"{clip.name}" is played at {float(factor):.0%}: the file is dubbed at its own speed.')
        elif isinstance(effect, otio.schema.TimeEffect):
            raise ValueError("it has a time effect that is not a constant speed")
    if factor <= 0:
        raise ValueError("it stands still or is played backwards")
    return TimeRange(span.start, span.start + span.duration * factor), tuple(notes)


def _media(clip: otio.schema.Clip, folder: Path) -> Path | None:
    """The file that a clip shows."""
    reference = clip.media_reference
    if not isinstance(reference, otio.schema.ExternalReference) or not reference.target_url:
        return None
    parts = urlsplit(reference.target_url)
    if parts.scheme == "file":
        return Path(url2pathname(parts.path))
    if len(parts.scheme) > 1:  # one letter is a drive of Windows
        return None
    plain = folder / reference.target_url
    return plain if plain.exists() else folder / unquote(reference.target_url)


def brief(error: BaseException) -> str:
    """What an error says, in one line."""
    return " ".join(str(error).split())[:160].rstrip(".") or type(error).__name__
