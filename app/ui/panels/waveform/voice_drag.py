"""Moving the voice: which offset is meant, and how offsets are written."""

from __future__ import annotations

from fractions import Fraction

import msgspec

from app.core import edits
from app.core.project import Project
from app.ui.session import Session

GRID = 1000
"""Offsets that are dragged lie on whole milliseconds."""


class VoiceDrag(msgspec.Struct, frozen=True):
    """A drag of the voice, or of what is heard of it in one segment."""

    segment: int | None
    """Its id; None: the project's own offset."""
    grabbed: float
    """Seconds of the clip where the mouse took hold."""
    before: Fraction
    """The offset at that moment."""
    offset: Fraction
    """Now."""

    def at(self, seconds: float) -> VoiceDrag:
        """The same with the mouse there."""
        moved = self.before + Fraction(round((seconds - self.grabbed) * GRID), GRID)
        return msgspec.structs.replace(self, offset=moved)

    def applied(self, project: Project) -> Project:
        """The project with the voice there. Raises UserError where the segment is gone."""
        return with_offset(project, self.segment, self.offset)


def start_drag(session: Session, seconds: float, own: bool) -> VoiceDrag:
    """Takes hold of the voice; with `own` of one segment's alone: the selected one's, or that under the mouse."""
    segment = target(session, Fraction(round(seconds * GRID), GRID) if own else None)
    before = offset_of(session.project, segment)
    return VoiceDrag(segment, seconds, before, before)


def target(session: Session, own_at: Fraction | None = None) -> int | None:
    """Whose offset is changed: the selected segment's where it has one of its own, else the project's (None).

    With `own_at` a segment is given an offset of its own: the selected one, or the one at that time.
    """
    selected = session.selected
    if own_at is not None:
        selected = selected or session.project.segment_at(own_at)
        return None if selected is None else selected.id
    return selected.id if selected is not None and selected.offset is not None else None


def offset_of(project: Project, segment: int | None) -> Fraction:
    """The offset of a segment, or the project's."""
    found = None if segment is None else project.segment(segment)
    return project.offset if found is None else project.offset_of(found)


def with_offset(project: Project, segment: int | None, offset: Fraction) -> Project:
    """The project with another offset there. Raises UserError where the segment is gone."""
    if segment is None:
        return edits.set_offset(project, offset)
    return edits.set_segment(project, segment, offset=offset)


def fps_of(session: Session) -> Fraction | None:
    """Frames a second of the clip; None without one."""
    return None if session.clip is None else session.clip.fps
