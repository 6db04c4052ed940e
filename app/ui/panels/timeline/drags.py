"""What a drag makes of the project, as pure functions of where the cursor is; no Qt.

Every step starts from the project as it was when the drag began, so that going back undoes it.
"""

from __future__ import annotations

from collections.abc import Collection
from fractions import Fraction
from typing import Literal

import msgspec
from msgspec.structs import replace

from app.core import edits
from app.core.project import Project
from app.core.snapping import snap_points
from app.core.timebase import TimeRange, complement_ranges
from app.core.timecode import Counting
from app.engine.media.clip import Clip
from app.ui.kit.live_drag import Snapper, Step


class Ground(msgspec.Struct, frozen=True):
    """What a drag starts from."""

    before: Project
    clip: Clip
    press: Fraction
    """The time under the cursor when the button went down."""
    counting: Counting

    def edge(self, time: Fraction, snapper: Snapper) -> tuple[Fraction, Fraction | None]:
        """(the edge of a frame nearest to `time` or the place it snaps to, that place)."""
        pulled = snapper.edge(time)
        return (nearest_edge(self.clip, time), None) if pulled is None else (pulled, pulled)

    def points(self, playhead: Fraction, dragged: Collection[int] = ()) -> tuple[Fraction, ...]:
        """All that is worth stopping at, but for the edges of the segments that are dragged."""
        return snap_points(self.before, playhead, dragged, (self.clip.stop,))

    def points_but_marks(self, playhead: Fraction) -> tuple[Fraction, ...]:
        """The same without markers, in and out, which a dragged marker or end of the range is one of itself."""
        return snap_points(
            replace(self.before, markers=(), mark_in=None, mark_out=None), playhead, (), (self.clip.stop,)
        )

    def span_lines(self, span: TimeRange) -> tuple[str, ...]:
        """Start, stop, length and frames of a stretch."""
        frames = len(self.clip.indices_in(span))
        return (
            f"{self.counting.format(span.start)} to {self.counting.format(span.stop)}",
            f"{float(span.duration):.3f} s · {frames} frame{'' if frames == 1 else 's'}",
        )

    def segment_step(
        self, text: str, project: Project, id: int, snapped: Fraction | None, select: int | None = None
    ) -> Step:
        """A step that tells of a segment; the line of snapping only where one of its edges came to lie there."""
        segment = project.segment(id)
        if segment is None:
            return Step(text, project, ())
        held = snapped if snapped in (segment.range.start, segment.range.stop) else None
        return Step(text, project, self.span_lines(segment.range), held, select)


def nearest_edge(clip: Clip, time: Fraction) -> Fraction:
    """The nearest beginning or end of a frame, within the clip."""
    index = clip.index_at(time)
    start = clip.time_of(index)
    stop = clip.time_of(index + 1) if index + 1 < clip.count else clip.stop
    return start if time - start <= stop - time else stop


class TrimDrag(msgspec.Struct, frozen=True):
    """Moves one edge of a segment."""

    ground: Ground
    id: int
    end: Literal["start", "stop"]

    def points(self, playhead: Fraction) -> tuple[Fraction, ...]:
        """See `Drag.points`: all edges but those of this segment."""
        return self.ground.points(playhead, (self.id,))

    def step(self, time: Fraction, snapper: Snapper) -> Step:
        """See `Drag.step`: the edge follows the cursor."""
        ground = self.ground
        segment = edits.spell_out(ground.before, ground.clip.whole).segment(self.id)
        old = segment.range if segment is not None else ground.clip.whole
        edge, line = ground.edge((old.start if self.end == "start" else old.stop) + time - ground.press, snapper)
        start, stop = (edge, None) if self.end == "start" else (None, edge)
        project = edits.spell_out(ground.before, ground.clip.whole)
        trimmed = edits.trim_segment(project, self.id, start, stop, ground.clip.whole)
        return ground.segment_step("Trim segment", trimmed, self.id, line)


class MoveDrag(msgspec.Struct, frozen=True):
    """Moves a whole segment, and others with it."""

    ground: Ground
    id: int
    others: frozenset[int] = frozenset()
    """Ids of the segments that go along."""

    def points(self, playhead: Fraction) -> tuple[Fraction, ...]:
        """See `Drag.points`: all edges but those of what is moved."""
        return self.ground.points(playhead, {self.id, *self.others})

    def step(self, time: Fraction, snapper: Snapper) -> Step:
        """See `Drag.step`: the segments follow the cursor."""
        ground = self.ground
        project = edits.spell_out(ground.before, ground.clip.whole)
        segment = project.segment(self.id)
        if segment is None:
            return Step("Move segment", ground.before, ())
        wanted = segment.range.start + time - ground.press
        start, line = snapper.span(wanted, segment.range.duration) or (nearest_edge(ground.clip, wanted), None)
        if not self.others:
            moved = edits.move_segment(project, self.id, start, ground.clip.whole)
            return ground.segment_step("Move segment", moved, self.id, line)
        ids = {self.id, *self.others}
        moved = edits.move_segments(project, ids, start - segment.range.start, ground.clip.whole)
        return ground.segment_step(f"Move {len(ids)} segments", moved, self.id, line)


class DrawDrag(msgspec.Struct, frozen=True):
    """Draws a new segment from where the button went down, within the room between the neighbours."""

    ground: Ground

    def points(self, playhead: Fraction) -> tuple[Fraction, ...]:
        """See `Drag.points`: all edges."""
        return self.ground.points(playhead)

    def step(self, time: Fraction, snapper: Snapper) -> Step:
        """See `Drag.step`: the segment reaches to the cursor."""
        ground = self.ground
        anchor, _ = ground.edge(ground.press, snapper)
        edge, line = ground.edge(time, snapper)
        span = TimeRange(min(anchor, edge), max(anchor, edge)).intersect(self._room())
        if span is None or span.duration < edits.SHORTEST:
            return Step("Draw segment", ground.before, ("Drag to draw a segment",))
        id = edits.next_id(ground.before)
        return ground.segment_step("Draw segment", edits.add_segment(ground.before, span), id, line, select=id)

    def _room(self) -> TimeRange:
        """The gap in which the button went down."""
        gaps = complement_ranges((s.range for s in self.ground.before.segments or ()), self.ground.clip.whole)
        return next((gap for gap in gaps if gap.contains(self.ground.press)), TimeRange(Fraction(0), Fraction(0)))


class MarkerDrag(msgspec.Struct, frozen=True):
    """Moves a marker to where the cursor is."""

    ground: Ground
    index: int

    def points(self, playhead: Fraction) -> tuple[Fraction, ...]:
        """See `Drag.points`: all but markers and marks."""
        return self.ground.points_but_marks(playhead)

    def step(self, time: Fraction, snapper: Snapper) -> Step:
        """See `Drag.step`: the marker follows the cursor."""
        edge, line = self.ground.edge(time, snapper)
        edge = min(edge, self.ground.clip.time_of(self.ground.clip.count - 1))
        moved = edits.move_marker(self.ground.before, self.index, edge)
        return Step("Move marker", moved, (self.ground.counting.format(edge),), line if line == edge else None)


class RangeDrag(msgspec.Struct, frozen=True):
    """Moves one end of the marked range, at most up to a frame before the other."""

    ground: Ground
    end: Literal["in", "out"]

    def points(self, playhead: Fraction) -> tuple[Fraction, ...]:
        """See `Drag.points`: all but markers and marks."""
        return self.ground.points_but_marks(playhead)

    def step(self, time: Fraction, snapper: Snapper) -> Step:
        """See `Drag.step`: the end of the range follows the cursor."""
        edge, line = self.ground.edge(time, snapper)
        before, frame = self.ground.before, 1 / self.ground.clip.fps
        if self.end == "in":
            edge = edge if before.mark_out is None else min(edge, before.mark_out - frame)
            project = edits.set_in(before, edge)
        else:
            edge = max(edge, (before.mark_in or Fraction(0)) + frame)
            project = edits.set_out(before, edge)
        span = TimeRange(project.mark_in or Fraction(0), project.mark_out or self.ground.clip.stop)
        return Step(f"Move {self.end} point", project, self.ground.span_lines(span), line if line == edge else None)
