"""A media file in words: what the properties dialog shows and copies."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import msgspec

from app.core.timebase import format_time
from app.engine.media.clip import Clip, Voice
from app.engine.media.output import bytes_text
from app.engine.media.probe import AudioStream, MediaInfo, VideoStream
from app.engine.media.track_copy import TrackCopy

DULL = 16_000
"""Samples a second below which a recording lacks what the network listens to."""


class Section(msgspec.Struct, frozen=True):
    """A heading with its rows."""

    title: str
    rows: tuple[tuple[str, str], ...]
    """Pairs of a label and its value."""


class Description(msgspec.Struct, frozen=True):
    """What the media properties show of one file."""

    title: str
    sections: tuple[Section, ...]
    warnings: tuple[str, ...]
    """Plain sentences on what differs from an ordinary file and what is done about it."""


def describe_clip(clip: Clip) -> Description:
    """A clip: file, picture, sound."""
    video = clip.info.video
    picture = (Section("Picture", _picture_rows(clip, video)),) if video is not None else ()
    lost = TrackCopy(Path(clip.path), clip.info).lost
    warnings = (*clip.info.warnings, *_sound_warnings(clip.info.audio), *lost)
    return Description("Clip", (_file(clip.info, clip.sha256), *picture, _sound(clip.info.audio)), warnings)


def describe_voice(voice: Voice) -> Description:
    """A voice: file and sound."""
    sections = _file(voice.info, voice.sha256), _sound(voice.info.audio)
    return Description("New voice", sections, (*voice.info.sound_warnings, *_sound_warnings(voice.info.audio)))


def as_text(descriptions: tuple[Description, ...]) -> str:
    """All of it as plain text with aligned columns."""
    lines: list[str] = []
    for found in descriptions:
        for section in found.sections:
            width = max((len(label) for label, _ in section.rows), default=0)
            lines.append(f"{found.title}: {section.title}")
            lines += [f"  {label.ljust(width)}  {value}" for label, value in section.rows]
        lines += [f"  Note: {warning}" for warning in found.warnings]
        lines.append("")
    return "\n".join(lines).strip() + "\n"


def _file(info: MediaInfo, sha256: str) -> Section:
    path = Path(info.path)
    size = bytes_text(path.stat().st_size) if path.exists() else "no longer there"
    rows = (
        ("Name", path.name),
        ("Folder", str(path.parent)),
        ("Size", size),
        ("Container", info.container),
        ("Duration", format_time(info.duration)),
        ("SHA-256", sha256),
    )
    return Section("File", rows)


def _picture_rows(clip: Clip, video: VideoStream) -> tuple[tuple[str, str], ...]:
    stored = f"{video.coded_width} x {video.coded_height}"
    shown = f"{video.width} x {video.height}"
    colour = ", ".join(f"{name} {value}" for name, value in video.colour.names.items())
    return (
        ("Stream", str(video.stream)),
        ("Codec", video.codec),
        ("Size", shown if shown == stored else f"{shown} (stored as {stored})"),
        ("Frame rate", _rate(video.fps, video.variable)),
        ("Frames", str(clip.count)),
        ("Pixels", f"{video.pixel_format}, {video.bit_depth} bit"),
        ("Pixel aspect", _ratio(video.sample_aspect_ratio)),
        ("Scan", "interlaced" if video.interlaced else "progressive"),
        ("Rotation", f"{video.rotation} degrees" if video.rotation else "none"),
        ("Dynamic range", "HDR" if video.hdr else "SDR"),
        ("Colour", colour),
        ("Begins at", format_time(video.start)),
    )


def _sound(audio: AudioStream | None) -> Section:
    if audio is None:
        return Section("Sound", (("Track", "none"),))
    length = format_time(audio.duration) if audio.duration is not None else "not stated in the file"
    rows = (
        ("Stream", str(audio.stream)),
        ("Codec", audio.codec),
        ("Rate", f"{audio.rate} Hz"),
        ("Channels", f"{audio.channels} ({audio.layout})"),
        ("Begins at", format_time(audio.start)),
        ("Duration", length),
    )
    return Section("Sound", rows)


def _sound_warnings(audio: AudioStream | None) -> tuple[str, ...]:
    if audio is None:
        return ()
    said = (
        (audio.rate < DULL, f"The sound has only {audio.rate} samples a second: it will sound dull."),
        (audio.channels > 2, f"The sound has {audio.channels} channels and will be mixed down to stereo."),
    )
    return tuple(sentence for true, sentence in said if true)


def _rate(fps: Fraction, variable: bool) -> str:
    exact = f" ({fps.numerator}/{fps.denominator})" if fps.denominator != 1 and not variable else ""
    number = f"{float(fps):.3f}".rstrip("0").rstrip(".")
    return f"{number} fps{exact}" + (" on average, variable" if variable else ", constant")


def _ratio(ratio: Fraction) -> str:
    return "square" if ratio == 1 else f"{ratio.numerator}:{ratio.denominator}"
