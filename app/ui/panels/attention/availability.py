"""What there is to show at the playhead, and which map that takes."""

from __future__ import annotations

from typing import Any

import msgspec

from app.core.project import Project, Segment
from app.core.render_plan import network_inputs
from app.engine.faces.analysis import FaceAnalysis
from app.engine.media.clip import Clip
from app.ui.kit.text import face_label
from app.ui.session import Session


class Wanted(msgspec.Struct, frozen=True):
    """The map, or the sources, that belong to the playhead."""

    segment: int
    """Id of the segment."""
    index: int
    """The frame's number."""
    layer: str
    """"5.1" to "6.2", or `SOURCE`."""
    depends: tuple[Any, ...]
    """All of the project that the map depends on: where it differs, the map is another."""


def wanted(session: Session, layer: str) -> Wanted | str:
    """The map that belongs to the playhead, or a sentence that says why there is none."""
    project, clip = session.project, session.clip
    if clip is None:
        return "No clip is open: add a video to see where the network looks."
    if not project.voice:
        return "There is no new voice yet: add one, and the network can draw the mouth for it."
    segment = _segment_at(project, clip, session)
    if segment is None:
        return f"Nothing is dubbed at {session.counting.format(session.playhead)}: move the playhead into a segment."
    index = clip.index_at(session.playhead)
    missing = _face_missing(session.analysis, segment, index)
    if missing:
        return missing
    return Wanted(segment.id, index, layer, _depends(project, segment))


def _segment_at(project: Project, clip: Clip, session: Session) -> Segment | None:
    """The segment under the playhead; a project that names none dubs the whole clip."""
    found = (each for each in project.segments_of(clip.whole) if each.range.contains(session.playhead))
    return next(found, None)


def _face_missing(analysis: FaceAnalysis | None, segment: Segment, index: int) -> str:
    """Why the segment's face is missing from a frame; empty where it is."""
    if analysis is None:
        return "The faces of the clip are not known yet: the map appears when they are found."
    if analysis.points_at(segment.face, index) is None:
        return f"{face_label(segment.face)} is not in this frame: it passes through as it was filmed."
    return ""


def _depends(project: Project, segment: Segment) -> tuple[Any, ...]:
    """See `Wanted.depends`: the media, the network, and the settings that change what the network is given."""
    return (
        project.clip,
        project.clip_sha256,
        project.voice,
        project.voice_sha256,
        project.clip_streams,
        project.voice_streams,
        project.weights,
        network_inputs(project, segment),
    )
