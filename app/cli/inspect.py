"""`inspect CLIP`: what a clip is made of, who is in it, and what to look out for."""

from __future__ import annotations

import argparse
from functools import partial
from pathlib import Path

import msgspec

from app.cli.options import ProgressLine, Verbs, add_detector_option, add_stream_options, clip_streams, json_of
from app.core.timebase import format_time
from app.engine.faces.analysis import FaceAnalysis
from app.engine.faces.load_analysis import load_analysis
from app.engine.media.probe import MediaInfo, VideoStream
from app.engine.media.reader import VideoReader
from app.engine.media.track_copy import TrackCopy
from app.wiring import cache_folder, make_detector


class FaceSummary(msgspec.Struct, frozen=True):
    """Where and how large one person is seen in a clip."""

    face: int
    """Its number, from 1, the most prominent."""
    frames: int
    first_seen: float
    """Time of the first frame that shows the face, in seconds."""
    last_seen: float
    median_width: float
    """Median width of the face from jaw to jaw, in pixels."""


class Inspection(msgspec.Struct, frozen=True):
    """What `inspect --json` prints."""

    media: MediaInfo
    frames: int
    cuts: tuple[float, ...]
    """Times in seconds of the first frame of each shot, except the first shot."""
    faces: tuple[FaceSummary, ...]
    detector: str


def add_parser(verbs: Verbs) -> None:
    """Adds the verb `inspect` and its options to the command line."""
    parser = verbs.add_parser("inspect", help="show what a clip is made of", description=__doc__)
    parser.add_argument("clip", type=Path)
    add_stream_options(parser)
    parser.add_argument("--json", action="store_true", help="print JSON")
    add_detector_option(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Runs `inspect` with the parsed options and returns the exit code."""
    line = ProgressLine()
    with VideoReader(options.clip, streams=clip_streams(options)) as reader:
        analysis, _ = load_analysis(
            reader, options.detector, partial(make_detector, options.detector), cache_folder(), line
        )
        line.close()
        found = Inspection(
            reader.info,
            len(reader.timestamps),
            tuple(float(t) for t in analysis.cut_times),
            _faces(analysis),
            analysis.detector,
        )
    if options.json:
        print(json_of(found).decode(), end="")
    else:
        print("\n".join(lines(found)))
    return 0


def _faces(analysis: FaceAnalysis) -> tuple[FaceSummary, ...]:
    """Summarises every person in the clip."""
    found: list[FaceSummary] = []
    for face in range(analysis.face_count):
        tracks = analysis.tracks_of(face)
        widths = sorted(float(p[16, 0] - p[0, 0]) for track in tracks for p in track.points)
        found.append(
            FaceSummary(
                face + 1,
                len(widths),
                float(analysis.times[tracks[0].start]),
                float(analysis.times[tracks[-1].stop - 1]),
                round(abs(widths[len(widths) // 2]), 1),
            )
        )
    return tuple(found)


def lines(found: Inspection) -> list[str]:
    """The inspection as lines of text."""
    media, video, audio = found.media, found.media.video, found.media.audio
    said = [f"{media.path}: {media.container}, {format_time(media.duration)}"]
    if video is not None:
        said += _picture_lines(video, found.frames)
    said.append(
        f"sound: stream {audio.stream}, {audio.codec}, {audio.rate} Hz, {audio.layout}" if audio else "sound: none"
    )
    if media.carried.summary:
        said.append(f"also: {media.carried.summary}")
    if found.cuts:
        said.append("cuts at " + ", ".join(f"{cut:.2f}" for cut in found.cuts) + " s")
    said += [
        f"face {face.face}: {face.frames} frames, {face.first_seen:.2f} to {face.last_seen:.2f} s, "
        f"about {face.median_width:.0f} pixels wide"
        for face in found.faces
    ] or [f"no face found by {found.detector}"]
    lost = TrackCopy(Path(media.path), media).lost
    return [*said, *(f"note: {warning}" for warning in (*media.warnings, *lost))]


def _picture_lines(video: VideoStream, frames: int) -> list[str]:
    """Lines about the picture's size, rate and colour."""
    rate = f"{float(video.fps):.3f} fps" + (" on average, variable" if video.variable else "")
    colour = ", ".join(f"{name} {value}" for name, value in video.colour.names.items())
    return [
        f"picture: stream {video.stream}, {video.codec}, {video.width} x {video.height}, {rate}, {frames} frames",
        (
            f"  rotation {video.rotation} degrees, {video.pixel_format} ({video.bit_depth} bit), "
            f"pixel aspect {video.sample_aspect_ratio}, {'HDR' if video.hdr else 'SDR'} ({colour})"
        ),
    ]
