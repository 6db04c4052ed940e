"""Dubbed ranges handed back to an editing program: the cut as it was, and over it a track of rendered pieces.

Every piece is a file of its own with handles; all that is ours stands in the metadata under one key.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import msgspec
import opentimelineio as otio

from app import __version__
from app.core.errors import UserError
from app.core.project import Project, Segment
from app.core.text import listed
from app.core.timebase import TimeRange, complement_ranges
from app.engine.dub.report import DubReport
from app.engine.export.name_template import legal
from app.engine.faces.doubts import Doubt
from app.engine.files.atomic_file import write_atomic
from app.engine.interchange.cut import ADAPTER_ERRORS, CutClip, brief, clips_of, exact_rate, otio_clip
from app.engine.media.clip import Clip

KEY = "redub"
"""Of our metadata, in every object that we add or mark."""
FORMATS = {".otio": "otio_json", ".xml": "fcp_xml", ".edl": "cmx_3600"}
"""Suffixes of timelines that are written, and what OpenTimelineIO calls the formats."""
HANDLES = 12
"""Frames before and after a dubbed range that its file has more, unless another number is asked for."""
COLOURS = {"no face": "RED", "other faces only": "RED", "uncertain": "ORANGE", "no lip-sync": "BLUE"}


class Piece(msgspec.Struct, frozen=True):
    """A dubbed range that is to be rendered into a file of its own."""

    segment: Segment
    file: Path
    range: TimeRange
    """What is dubbed, in seconds of the clip, brought to whole frames."""
    span: TimeRange
    """What the file holds: the range with its handles, as far as the clip reaches."""


class DonePiece(msgspec.Struct, frozen=True):
    """A piece that was rendered."""

    piece: Piece
    report: DubReport
    doubts: tuple[Doubt, ...]
    """Where a person should look."""


def is_timeline(file: Path) -> bool:
    """Whether the name is one of a timeline that can be written."""
    return file.suffix.lower() in FORMATS


def pieces_of(project: Project, clip: Clip, folder: Path, suffix: str, handles: int = HANDLES) -> list[Piece]:
    """What is to be rendered, in order of time, into files in `folder`. Raises UserError where nothing is dubbed."""
    stem = legal(Path(project.clip).stem)
    pieces: list[Piece] = []
    for number, segment in enumerate(project.segments_of(clip.whole), start=1):
        frames = clip.indices_in(segment.range)
        if not frames:
            continue
        first, stop = max(0, frames.start - handles), min(clip.count, frames.stop + handles)
        file = folder / f"{stem} dub {number:03d}{suffix}"
        pieces.append(Piece(segment, file, _span(clip, frames.start, frames.stop), _span(clip, first, stop)))
    if not pieces:
        raise UserError(f'"{project.clip}" has no dubbed segment to hand over: draw one.')
    return pieces


def _span(clip: Clip, first: int, stop: int) -> TimeRange:
    return TimeRange(clip.time_of(first), clip.time_of(stop) if stop < clip.count else clip.stop)


def timeline_of(
    project: Project, clip: Clip, done: Sequence[DonePiece], cut: otio.schema.Timeline | None, folder: Path
) -> otio.schema.Timeline:
    """The cut that the project came from, or one of the clip alone, with the pieces over it.

    `folder`: where media lie that the cut names relative. Raises UserError where the pieces cannot be laid over it.
    """
    timeline = _own_cut(project, clip) if cut is None else cut.clone()
    number = 1 if cut is None else project.cut_clip
    clips = clips_of(timeline, folder)
    source = otio_clip(timeline, number)
    laid = clips[number - 1]
    if laid.problem or laid.notes:
        raise UserError(
            f'Clip {number} "{laid.name}" of the cut cannot carry the dubbed ranges '
            f"({laid.problem or 'it is played at another speed'}): hand over without the cut (--no-cut)."
        )
    inside = [one for one in done if one.piece.range.overlaps(laid.range)]
    if not inside:
        raise UserError(
            f'No dubbed range lies in clip {number} "{laid.name}" of the cut: hand over without (--no-cut).'
        )
    for kind in (otio.schema.TrackKind.Video, otio.schema.TrackKind.Audio):
        timeline.tracks.append(_track(kind, inside, laid))
    _mark_undubbed(source, inside, laid)
    timeline.metadata[KEY] = {
        "version": __version__,
        "clip": project.clip,
        "voice": project.voice,
        "weights": done[0].report.weights,
        "weights_sha256": done[0].report.weights_sha256,
    }
    return timeline


def write_timeline(timeline: otio.schema.Timeline, file: Path) -> None:
    """Writes a timeline as its name says; an EDL holds the track of the dubbed ranges alone.

    Raises UserError where the format cannot hold it, or the file cannot be written.
    """
    kind = FORMATS.get(file.suffix.lower())
    if kind is None:
        raise UserError(f'"{file}" does not end in {listed(FORMATS)}: give the timeline such a name.')
    more: dict[str, Any] = {}
    if kind == "cmx_3600":
        timeline = _only_dubbed(timeline)
        more = {"rate": float(_rate_of(timeline))}
    try:
        text = otio.adapters.write_to_string(timeline, kind, **more)
    except ADAPTER_ERRORS as error:
        raise UserError(
            f"The cut cannot be written as {file.suffix[1:].upper()} ({brief(error)}): hand over "
            "as .otio, or without the cut (--no-cut)."
        ) from error
    write_atomic(file, text.encode("utf-8"))


def _own_cut(project: Project, clip: Clip) -> otio.schema.Timeline:
    """A cut of the clip alone."""
    timeline = otio.schema.Timeline(Path(project.clip).stem)
    span = _frames(Fraction(0), Fraction(clip.count), clip.fps)
    for kind in (otio.schema.TrackKind.Video, *([otio.schema.TrackKind.Audio] if clip.has_sound else [])):
        track = otio.schema.Track(kind=kind, name="V1" if kind == otio.schema.TrackKind.Video else "A1")
        media = otio.schema.ExternalReference(Path(project.clip).absolute().as_uri(), span)
        track.append(otio.schema.Clip(Path(project.clip).name, media, span))
        timeline.tracks.append(track)
    return timeline


def _track(kind: str, done: Sequence[DonePiece], laid: CutClip) -> otio.schema.Track:
    """The pieces in their places, with gaps between."""
    track = otio.schema.Track(name="Redub" if kind == otio.schema.TrackKind.Video else "Redub voice", kind=kind)
    track.metadata[KEY] = {"role": "dubbed ranges"}
    position = 0
    for one in done:
        shown = one.piece.range.intersect(laid.range)
        assert shown is not None, "only pieces inside the clip are laid"
        start = round((laid.at.start + shown.start - laid.range.start) * laid.rate)
        length = round(shown.duration * laid.rate)
        if start > position:
            track.append(otio.schema.Gap(source_range=_frames(Fraction(0), Fraction(start - position), laid.rate)))
        track.append(_clip(one, shown, length, laid.rate, kind == otio.schema.TrackKind.Video))
        position = start + length
    return track


def _clip(one: DonePiece, shown: TimeRange, length: int, rate: Fraction, marked: bool) -> otio.schema.Clip:
    """One piece; its file counts from 0, its handles lie outside of what is shown."""
    piece, report = one.piece, one.report
    handle = round((shown.start - piece.span.start) * rate)
    whole = _frames(Fraction(0), Fraction(max(handle + length, round(piece.span.duration * rate))), rate)
    media = otio.schema.ExternalReference(piece.file.absolute().as_uri(), whole)
    name = piece.segment.name or piece.file.stem
    clip = otio.schema.Clip(name, media, _frames(Fraction(handle), Fraction(length), rate))
    clip.metadata[KEY] = {
        "segment": piece.segment.id,
        "speaker": piece.segment.speaker,
        "face": piece.segment.face,
        "source_start": str(shown.start),
        "handles_before": handle,
        "dubbed_frames": report.dubbed_frames,
        "fit": report.fit.sentence,
    }
    for doubt in one.doubts if marked else ():
        at = doubt.range.intersect(shown)
        if at is not None:
            start = (at.start - piece.span.start) * rate
            clip.markers.append(_marker(doubt.kind, start, at.duration * rate, rate))
    return clip


def _mark_undubbed(source: otio.schema.Clip, done: Sequence[DonePiece], laid: CutClip) -> None:
    """Marks, in the cut's own clip, where its lips stay as they were."""
    origin = source.trimmed_range().start_time.value
    for span in complement_ranges((one.piece.range for one in done), laid.range):
        if span.duration * laid.rate >= Fraction(1, 2):
            start = Fraction(origin) + (span.start - laid.range.start) * laid.rate
            source.markers.append(_marker("no lip-sync", start, span.duration * laid.rate, laid.rate))


def _marker(kind: str, start: Fraction, length: Fraction, rate: Fraction) -> otio.schema.Marker:
    """`start` and `length` in frames."""
    span = _frames(Fraction(round(start)), Fraction(max(1, round(length))), rate)
    return otio.schema.Marker(kind, span, COLOURS.get(kind, "YELLOW"), {KEY: {"kind": kind}})


def _only_dubbed(timeline: otio.schema.Timeline) -> otio.schema.Timeline:
    """A timeline of the dubbed ranges' own pictures, for a format that holds one track."""
    alone = otio.schema.Timeline(timeline.name)
    track = next(track for track in timeline.video_tracks() if KEY in track.metadata)
    alone.tracks.append(track.clone())
    return alone


def _rate_of(timeline: otio.schema.Timeline) -> Fraction:
    return exact_rate(timeline.tracks[0].trimmed_range().duration.rate)


def _frames(start: Fraction, length: Fraction, rate: Fraction) -> otio.opentime.TimeRange:
    """A stretch in frames of `rate` a second."""
    times = (otio.opentime.RationalTime(float(value), float(rate)) for value in (start, length))
    return otio.opentime.TimeRange(*times)
