"""Cuts made on the spot, at 24000/1001 frames a second."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import opentimelineio as otio

from tests.unit.engine.media.synth import ClipRecipe, make_clip

NTSC = Fraction(24000, 1001)
COUNT = 96
"""Frames of the film."""
HOUR = 86400
"""Frames of the timecode 01:00:00:00."""


def film(path: Path, sound: bool = True) -> Path:
    """Four seconds at 24000/1001."""
    pts = [n * 1001 for n in range(COUNT)]
    return make_clip(path, ClipRecipe(pts=pts, time_base=Fraction(1, 24000), fps=NTSC, sound=sound))


def frames(start: float, length: float, rate: Fraction = NTSC) -> otio.opentime.TimeRange:
    times = (otio.opentime.RationalTime(value, float(rate)) for value in (start, length))
    return otio.opentime.TimeRange(*times)


def shot(name: str, media: Path | str, start: int, length: int, origin: int = 0) -> otio.schema.Clip:
    """`length` frames of a film from frame `start` on, whose timecode begins at `origin`."""
    url = media.as_uri() if isinstance(media, Path) else media
    reference = otio.schema.ExternalReference(url, frames(origin, COUNT))
    return otio.schema.Clip(name, reference, frames(origin + start, length))


def cut_of(*video: otio.core.Composable, audio: tuple[otio.core.Composable, ...] = ()) -> otio.schema.Timeline:
    timeline = otio.schema.Timeline("the cut")
    for kind, items in (("Video", video), ("Audio", audio)):
        if items:
            track = otio.schema.Track(f"{kind[0]}1", kind=kind)
            track.extend(items)
            timeline.tracks.append(track)
    return timeline


def gap(length: int) -> otio.schema.Gap:
    return otio.schema.Gap(source_range=frames(0, length))


def save(timeline: otio.schema.Timeline, file: Path) -> Path:
    otio.adapters.write_to_file(timeline, str(file))
    return file
