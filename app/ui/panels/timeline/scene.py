"""Everything a painter of the timeline needs, as one value: painters read it and change nothing."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import Literal

import msgspec
import numpy as np

from app.core.project import Project
from app.core.timebase import TimeRange
from app.engine.media.clip import Clip
from app.engine.preview.render_strip import RenderState
from app.ui.panels.timeline.faces import FaceBand
from app.ui.panels.timeline.lanes import LaneLayout
from app.ui.panels.timeline.peak_columns import PeakColumns
from app.ui.panels.timeline.scale import TimeScale
from app.ui.panels.timeline.spans import SegmentTable, Spans, from_pairs
from app.ui.panels.timeline.thumbnails import Slots, ThumbnailStore
from app.ui.panels.timeline.ticks import Ticks

STATES: tuple[RenderState, ...] = ("ready", "dirty", "rendering", "failed")
"""From what matters least to what matters most: where several share a pixel, the last one shows."""

Kind = Literal[
    "nothing", "ruler", "strip", "marks", "marker", "in", "out", "video", "faceless", "segment", "start", "stop", "room"
]
SoundLane = Literal["original", "voice"]


class Hit(msgspec.Struct, frozen=True):
    """What lies under a point."""

    kind: Kind | SoundLane
    """"start" and "stop" are a segment's edges, "room" is the segment lane where nothing is dubbed."""
    time: Fraction = Fraction(0)
    """Seconds of the clip."""
    id: int | None = None
    """Of the segment."""
    index: int = -1
    """Of the marker."""


class Feedback(msgspec.Struct, frozen=True):
    """What a drag tells while it lasts."""

    lines: tuple[str, ...]
    x: float
    """Where the text stands: pixels of the cursor."""
    y: float
    snapped: Fraction | None = None
    """The time that an edge jumped to."""


class Strip(msgspec.Struct, frozen=True, eq=False):
    """What is rendered, by state."""

    states: dict[RenderState, Spans]

    def state_of(self, span: TimeRange) -> RenderState | None:
        """The state in `span` that matters most; None where nothing is known of it."""
        return self.states_of(from_pairs([(span.start, span.stop)]))[0]

    def states_of(self, spans: Spans) -> list[RenderState | None]:
        """The same for many stretches at once."""
        found: list[RenderState | None] = [None] * len(spans)
        for state in STATES:
            for number in np.flatnonzero(self.states[state].touched(spans)):
                found[number] = state
        return found

    def overlaps(self, state: RenderState, span: TimeRange) -> bool:
        """Whether any of `span` is in a state."""
        return bool(self.states[state].touched(from_pairs([(span.start, span.stop)]))[0])


def strip_of(items: Iterable[tuple[TimeRange, RenderState]]) -> Strip:
    """From ranges in order of time, as `RenderQueue.strip` gives them."""
    pairs: dict[RenderState, list[tuple[Fraction, Fraction]]] = {state: [] for state in STATES}
    for span, state in items:
        pairs[state].append((span.start, span.stop))
    return Strip({state: from_pairs(found) for state, found in pairs.items()})


class Scene(msgspec.Struct, frozen=True, eq=False):
    """The timeline as it is to be drawn."""

    project: Project
    clip: Clip
    voice_seconds: Fraction | None
    """Length of the new voice; None without one."""
    scale: TimeScale
    layout: LaneLayout
    table: SegmentTable
    strip: Strip
    segment_states: list[RenderState | None]
    """For each segment, the render state in it that matters most."""
    ticks: Ticks
    faces: FaceBand | None
    slots: Slots
    thumbnails: ThumbnailStore
    original: PeakColumns
    voice: PeakColumns
    playhead: Fraction
    selection: int | None
    chosen: frozenset[int] = frozenset()
    """Ids of all selected segments."""
    band: TimeRange | None = None
    """What a rubber band encloses."""
    face_count: int = 1
    """How many persons the clip shows, 1 before one looked."""
    hover: Hit | None = None
    feedback: Feedback | None = None

    @property
    def end_x(self) -> float:
        """The pixel of the clip's end."""
        return self.scale.x_of(self.clip.stop)
