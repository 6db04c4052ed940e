"""A project that another hand wrote, brought to what every edit keeps."""

from __future__ import annotations

from msgspec.structs import replace

from app.core.edits import in_order, set_mix
from app.core.fields import normalised
from app.core.project import PROJECT_FIELDS, SEGMENT_FIELDS, Project, Segment


def normalise(project: Project) -> Project:
    """The project with what every edit keeps: ids that differ, markers in order, values in their ranges.

    For projects that another hand wrote; one that only edits made comes out as it went in. Raises UserError for
    values that are no numbers.
    """
    segments = None if project.segments is None else _normalise_segments(project.segments)
    marks = (project.mark_in, project.mark_out)
    if marks[0] is not None and marks[1] is not None and marks[0] >= marks[1]:
        marks = (None, None)
    project = replace(
        project,
        **normalised(PROJECT_FIELDS, project),
        segments=segments,
        markers=in_order(project.markers),
        mark_in=marks[0],
        mark_out=marks[1],
    )
    return set_mix(set_mix(project, "original", project.original_mix), "voice", project.voice_mix)


def _normalise_segments(segments: tuple[Segment, ...]) -> tuple[Segment, ...]:
    """Without empty ones, each with an id of its own and values in their ranges."""
    taken: set[int] = set()
    free = max((segment.id for segment in segments), default=0)
    kept: list[Segment] = []
    for segment in segments:
        if not segment.range.duration:
            continue
        id = segment.id
        if id <= 0 or id in taken:
            free = max(free, 0) + 1
            id = free
        taken.add(id)
        take = None if segment.own_voice is None else segment.take
        kept.append(replace(segment, id=id, take=take, **normalised(SEGMENT_FIELDS, segment)))
    return tuple(kept)
