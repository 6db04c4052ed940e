"""Which stretches of the lanes are shaded: segments, and where the voice is not heard."""

from __future__ import annotations

from fractions import Fraction

from app.core.project import Project
from app.core.timebase import TimeRange, complement_ranges
from app.ui.kit import palette
from app.ui.panels.waveform.bands import Band

VEIL = 0.55
"""How much of the voice is hidden where it is not heard."""


_ENDLESS = Fraction(10**6)


def segment_bands(project: Project, selection: int | None) -> tuple[Band, ...]:
    """Every segment; the selected one stands out."""
    bands: list[Band] = []
    for segment in project.segments or ():
        chosen = segment.id == selection
        colour, opacity = (palette.SEGMENT_SELECTED, 0.55) if chosen else (palette.SEGMENT, 0.4)
        bands.append(Band(float(segment.range.start), float(segment.range.stop), colour, opacity, edges=True))
    return tuple(bands)


def unheard_bands(project: Project) -> tuple[Band, ...]:
    """Where the voice is not heard, as no segment is there; nowhere where all of the clip is dubbed."""
    if project.segments is None:
        return ()
    gaps = complement_ranges((segment.range for segment in project.segments), TimeRange(-_ENDLESS, _ENDLESS))
    return tuple(Band(float(gap.start), float(gap.stop), palette.BACKGROUND, VEIL) for gap in gaps)
