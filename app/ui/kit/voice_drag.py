"""Moving the new voice: whose offset is meant, and the drag that the timeline and the waveforms share."""

from __future__ import annotations

from fractions import Fraction

import msgspec

from app.core import edits
from app.core.project import Project, Segment
from app.core.snapping import snap_points
from app.core.text import offset_text
from app.engine.media.clip import Clip
from app.ui.kit.live_drag import Snapper, Step
from app.ui.session import Session

MILLI = Fraction(1, 1000)
"""Offsets that are dragged lie on whole milliseconds, which is as fine as one hears."""


class VoiceDrag(msgspec.Struct, frozen=True):
    """Shifts the new voice, for the project or for one segment."""

    before: Project
    """The project as the drag found it, in which `segment` is spelled out."""
    clip: Clip | None
    seconds: Fraction
    """Length of the voice."""
    press: Fraction
    """The time under the cursor when the button went down."""
    segment: int | None = None
    """The only segment that it is shifted for; None shifts it for the project."""

    def points(self, playhead: Fraction) -> tuple[Fraction, ...]:
        """As `Drag`: the edges of segments and of the clip, markers, in, out and the playhead."""
        return snap_points(self.before, playhead, more=() if self.clip is None else (self.clip.stop,))

    def step(self, time: Fraction, snapper: Snapper) -> Step:
        """As `Drag`; raises no error."""
        old = offset_of(self.before, self.segment)
        moved = old + time - self.press
        offset, line = snapper.span(moved, self.seconds) or (round(moved / MILLI) * MILLI, None)
        text = "Move voice" if self.segment is None else "Move voice of segment"
        return Step(text, with_offset(self.before, self.segment, offset), self._lines(offset, offset - old), line)

    def _lines(self, offset: Fraction, moved: Fraction) -> tuple[str, ...]:
        begins = "Voice begins at" if self.segment is None else "This segment's voice begins at"
        frames = "" if self.clip is None else f" · {float(moved * self.clip.fps):+.1f} frames"
        return f"{begins} {offset_text(offset)}", f"moved {offset_text(moved)}{frames}"


def grab_voice(session: Session, press: Fraction, own: bool) -> VoiceDrag | None:
    """The drag of the voice from the time `press` on; None without a voice.

    It moves a segment's own offset where the one under the cursor has one. With `own` it gives that segment one; in a
    gap between segments, the selected one. Else it moves the project's.
    """
    if session.voice is None:
        return None
    project = session.project if session.clip is None else edits.spell_out(session.project, session.clip.whole)
    found = project.segment_at(press)
    if own and found is None:
        found = session.selected
    segment = found.id if found is not None and (own or found.offset is not None) else None
    before = session.project if segment is None else project
    return VoiceDrag(before, session.clip, session.voice.duration, press, segment)


def selected_offset(session: Session) -> int | None:
    """The segment whose offset keys move and labels show: the selected one with its own; None for the project's."""
    selected = session.selected
    return selected.id if selected is not None and selected.offset is not None else None


def offset_of(project: Project, segment: int | None) -> Fraction:
    """The offset of a segment, or the project's."""
    found: Segment | None = None if segment is None else project.segment(segment)
    return project.offset if found is None else project.offset_of(found)


def with_offset(project: Project, segment: int | None, offset: Fraction) -> Project:
    """The project with another offset there. Raises UserError where the segment is gone."""
    if segment is None:
        return edits.set_offset(project, offset)
    return edits.set_segment(project, segment, offset=offset)
