"""Every change a user makes to a project, as a pure function: a project in, another one out.

Times are seconds of the clip. What cannot be done raises UserError with one sentence; what is merely too far is
brought back to the nearest possible value. Nothing else is raised for values of the declared types.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from fractions import Fraction
from itertools import pairwise
from typing import Any, Literal

from msgspec.structs import replace

from app.core.errors import UserError
from app.core.fields import accepted, clamp, normalised
from app.core.project import MIX_FIELDS, PROJECT_FIELDS, SEGMENT_FIELDS, Marker, Mix, Project, Segment, Take
from app.core.streams import AUTOMATIC, Streams
from app.core.timebase import TimeRange, complement_ranges

SHORTEST = Fraction(1, 120)
"""Seconds that a segment lasts at least, where an edit gives it its length: a frame of the fastest usual clips."""
LONGEST_NAME = 200
"""Letters of a segment's name."""
_GONE = "That segment no longer exists: select another one."
Sound = Literal["original", "voice"]
"""Which of the two sounds an edit is about."""


def next_id(project: Project) -> int:
    """An id, 1 or more, that no segment of the project has yet."""
    return max((segment.id for segment in project.segments or ()), default=0) + 1


def set_clip(project: Project, path: str, sha256: str, streams: Streams | None = None) -> Project:
    """The same edits on another video file, or on the same one in another place.

    Without `streams` the same ones are used of the same content, and those that the engine chooses of another.
    """
    if streams is None:
        streams = project.clip_streams if sha256 == project.clip_sha256 else AUTOMATIC
    if project.clip_sha256 and sha256 != project.clip_sha256:
        project = replace(project, cut="", cut_clip=0)  # another film is not the one that the cut shows
    return replace(project, clip=path, clip_sha256=sha256, clip_streams=streams)


def set_voice(project: Project, path: str, sha256: str, streams: Streams | None = None) -> Project:
    """Another new voice, or the same one in another place; `streams` as in `set_clip`."""
    if streams is None:
        streams = project.voice_streams if sha256 == project.voice_sha256 else AUTOMATIC
    return replace(project, voice=path, voice_sha256=sha256, voice_streams=streams)


def spell_out(project: Project, whole: TimeRange) -> Project:
    """The same dub with segments that can be edited: where the project says "all of the clip", one over `whole`."""
    if project.segments is not None:
        return project
    return replace(project, segments=(_new_segment(project, whole, None),) if whole.duration else ())


def dub_all(project: Project, span: TimeRange) -> Project:
    """Dubs what of `span` is not dubbed yet, a segment for each gap. Raises UserError where there is none."""
    gaps = [gap for gap in _free(project, span) if gap.duration >= SHORTEST]
    if not gaps:
        raise UserError("This stretch is already dubbed: remove or trim a segment first.")
    for gap in gaps:
        project = _with_segment(project, _new_segment(project, gap, None))
    return project


def add_segment(project: Project, span: TimeRange, like: Segment | None = None) -> Project:
    """A new segment over the longest stretch of `span` that no other one holds, with the settings of `like`.

    Raises UserError where no room is left. The new segment is `project.segment(next_id(before))`.
    """
    gaps = _free(project, span)
    best = max(gaps, key=lambda gap: gap.duration, default=None)
    if best is None or best.duration < SHORTEST:
        raise UserError("There is no room for a segment here: choose a stretch that is not dubbed yet.")
    return _with_segment(project, _new_segment(project, best, like))


def paste_segment(project: Project, segment: Segment, start: Fraction, whole: TimeRange) -> Project:
    """A copy of a segment, with its settings, from `start` on: as long as it was, or as there is room before the next.

    Raises UserError where another segment, or none of the clip (`whole`), is at `start`.
    """
    room = next((gap for gap in _free(project, whole) if gap.contains(start)), None)
    if room is None or room.stop - start < SHORTEST:
        raise UserError("There is no room for the copy here: move the playhead to where nothing is dubbed.")
    span = TimeRange(start, min(start + segment.range.duration, room.stop))
    return _with_segment(project, _new_segment(project, span, segment))


def paste_segments(project: Project, segments: Sequence[Segment], start: Fraction, whole: TimeRange) -> Project:
    """Copies of segments (in order of time), the first from `start` on and the others as far behind it as they were.

    Raises UserError as `paste_segment` does, for the first that finds no room.
    """
    for segment in segments:
        at = start + segment.range.start - segments[0].range.start
        project = paste_segment(project, segment, at, whole)
    return project


def remove_segments(project: Project, ids: Collection[int]) -> Project:
    """Removes the segments with these ids. Raises UserError if one of them does not exist."""
    _require_all(project, ids)
    return replace(project, segments=tuple(s for s in project.segments or () if s.id not in ids))


def split_segment(project: Project, id: int, time: Fraction) -> Project:
    """Two segments that meet at `time` and dub what the one did; the first keeps its id and its name.

    Raises UserError where `time` does not lie inside the segment.
    """
    segment = _require(project, id)
    if not segment.range.start < time < segment.range.stop:
        raise UserError("A segment can only be split between its ends: move the playhead into it.")
    first = replace(segment, range=TimeRange(segment.range.start, time))
    second = replace(segment, range=TimeRange(time, segment.range.stop), id=next_id(project), name="")
    return _with_segment(_put(project, first), second)


def trim_segment(project: Project, id: int, start: Fraction | None, stop: Fraction | None, whole: TimeRange) -> Project:
    """Moves one end or both, as far as the neighbours and the clip (`whole`) let them; None leaves an end.

    Raises UserError for a segment that lies outside the clip altogether.
    """
    segment = _require(project, id)
    room, old = _room(project, segment, whole)
    shortest = min(SHORTEST, old.duration)
    if start is not None:
        latest = (room.stop if stop is not None else old.stop) - shortest
        start = clamp(start, room.start, latest)
    else:
        start = old.start
    stop = old.stop if stop is None else clamp(stop, start + shortest, room.stop)
    return _put(project, replace(segment, range=TimeRange(start, stop)))


def move_segment(project: Project, id: int, start: Fraction, whole: TimeRange) -> Project:
    """Shifts a segment so that it begins at `start`, as far as the neighbours and the clip (`whole`) let it.

    Raises UserError for a segment that lies outside the clip altogether.
    """
    segment = _require(project, id)
    room, old = _room(project, segment, whole)
    start = clamp(start, room.start, room.stop - old.duration)
    return _put(project, replace(segment, range=TimeRange(start, start + old.duration)))


def move_segments(project: Project, ids: Collection[int], shift: Fraction, whole: TimeRange) -> Project:
    """Shifts several segments by the same time, as far as the others and the clip (`whole`) let all of them.

    Raises UserError where one of them does not exist or lies outside the clip.
    """
    _require_all(project, ids)
    segments = project.segments or ()
    moved = [segment.range for segment in segments if segment.id in ids]
    if not moved:
        return project
    least, most = [whole.start - moved[0].start], [whole.stop - moved[-1].stop]
    for one, other in pairwise(segments):
        if one.id not in ids and other.id in ids:
            least.append(one.range.stop - other.range.start)
        if one.id in ids and other.id not in ids:
            most.append(other.range.start - one.range.stop)
    if max(least) > min(most):
        raise UserError("One of these segments lies outside the clip: trim or remove it first.")
    shift = clamp(shift, max(least), min(most))
    return replace(
        project,
        segments=tuple(replace(s, range=s.range.shifted(shift)) if s.id in ids else s for s in segments),
    )


def set_segment(project: Project, id: int, **changes: Any) -> Project:
    """As `set_segments`, for one segment."""
    return set_segments(project, (id,), **changes)


def set_segments(project: Project, ids: Collection[int], **changes: Any) -> Project:
    """Changes settings of segments, named by their fields; see `SEGMENT_FIELDS` for the values that they take.

    Another face takes the reference frame away, which shows the face before, unless a new one is given.

    Raises UserError for a value that its declaration refuses or where there is no such segment, TypeError for a name
    that is no setting.
    """
    _require_all(project, ids)
    changes = accepted(SEGMENT_FIELDS, changes)
    return replace(project, segments=tuple(_changed(s, changes) if s.id in ids else s for s in project.segments or ()))


def name_segment(project: Project, id: int, name: str) -> Project:
    """Calls a segment by a name; spaces around it go, and an empty one takes it away.

    Raises UserError for a name that is too long or where there is no such segment.
    """
    name = " ".join(name.split())
    if len(name) > LONGEST_NAME:
        raise UserError(f"A segment's name has at most {LONGEST_NAME} letters: choose a shorter one.")
    return _put(project, replace(_require(project, id), name=name))


def name_speaker(project: Project, id: int, speaker: str) -> Project:
    """Says who speaks in a segment; spaces around the name go, and an empty one takes it away.

    Raises UserError for a name that is too long or where there is no such segment.
    """
    speaker = " ".join(speaker.split())
    if len(speaker) > LONGEST_NAME:
        raise UserError(f"A speaker's name has at most {LONGEST_NAME} letters: choose a shorter one.")
    return _put(project, replace(_require(project, id), speaker=speaker))


def add_take(project: Project, ids: Collection[int], take: Take) -> Project:
    """Gives segments another voice to choose from, and lets them be heard with it.

    Where a segment has no offset of its own, the voice begins where the segment does. Raises UserError where one of
    the segments does not exist.
    """
    for id in ids:
        segment = _require(project, id)
        start = segment.range.start if segment.offset is None else segment.offset
        takes = (*segment.takes, take)
        project = _put(project, replace(segment, takes=takes, take=len(takes) - 1, offset=start))
    return project


def use_take(project: Project, ids: Collection[int], take: int | None) -> Project:
    """Lets segments be heard with one of their takes, or for None with the project's voice.

    A place of its own that a segment has stays. Raises UserError where a segment or its take does not exist.
    """
    for id in ids:
        segment = _require(project, id)
        if take is not None and not 0 <= take < len(segment.takes):
            raise UserError("That take no longer exists: choose another one.")
        project = _put(project, replace(segment, take=take))
    return project


def keep_take(project: Project, ids: Collection[int]) -> Project:
    """Removes all takes of segments but the one that is heard; all, where that is the project's voice.

    Raises UserError where one of the segments does not exist.
    """
    for id in ids:
        segment = _require(project, id)
        own = segment.own_voice
        project = _put(project, replace(segment, takes=(own,) if own else (), take=0 if own else None))
    return project


def next_take(project: Project, id: int) -> Project:
    """Lets a segment be heard with its next take; after the last one comes the project's voice, then the first again.

    Raises UserError where there is no such segment, or it has no take.
    """
    segment = _require(project, id)
    if not segment.takes:
        raise UserError("This segment has no take to compare with: add one in the inspector.")
    following = 0 if segment.own_voice is None or segment.take is None else segment.take + 1
    return use_take(project, [id], following if following < len(segment.takes) else None)


def set_offset(project: Project, offset: Fraction) -> Project:
    """Moves the voice so that its first sample sounds `offset` seconds into the clip; may be negative."""
    return replace(project, offset=offset)


def set_mix(project: Project, sound: Sound, mix: Mix) -> Project:
    """Sets how loud a sound is; the gain is clamped to its range. Raises UserError if it is not a number."""
    mix = replace(mix, **normalised(MIX_FIELDS, mix))
    return replace(project, original_mix=mix) if sound == "original" else replace(project, voice_mix=mix)


def set_option(project: Project, **changes: Any) -> Project:
    """Changes what holds for the whole project, named by its fields; `PROJECT_FIELDS` says which values they take.

    `face` and `reference` are those of segments made from now on. Raises UserError for a value that its declaration
    refuses, TypeError for a name that is not declared.
    """
    return replace(project, **accepted(PROJECT_FIELDS, changes))


def add_marker(project: Project, time: Fraction, note: str = "") -> Project:
    """Adds a marker at `time`. Raises UserError if there already is one, or before the start of the clip."""
    if time < 0:
        raise UserError("A marker cannot lie before the start of the clip: move the playhead into the clip.")
    if any(marker.time == time for marker in project.markers):
        raise UserError("There is already a marker here: change its note, or move the playhead.")
    return replace(project, markers=in_order((*project.markers, Marker(time, note))))


def remove_marker(project: Project, index: int) -> Project:
    """Removes marker number `index`. Raises UserError if it does not exist."""
    _marker(project, index)
    return replace(project, markers=project.markers[:index] + project.markers[index + 1 :])


def move_marker(project: Project, index: int, time: Fraction) -> Project:
    """Moves marker number `index` to another time, 0 at the earliest; it may pass other markers.

    A drag should start from the project as it was when the drag began. Raises UserError where there is none.
    """
    return _put_marker(project, index, replace(_marker(project, index), time=max(time, Fraction(0))))


def note_marker(project: Project, index: int, note: str) -> Project:
    """Changes the note of marker number `index`. Raises UserError if it does not exist."""
    return _put_marker(project, index, replace(_marker(project, index), note=note))


def set_in(project: Project, time: Fraction | None) -> Project:
    """Sets where the marked range begins; an out point that would not be later is removed."""
    time = None if time is None else max(time, Fraction(0))
    keep = time is None or project.mark_out is None or time < project.mark_out
    return replace(project, mark_in=time, mark_out=project.mark_out if keep else None)


def set_out(project: Project, time: Fraction | None) -> Project:
    """Where the marked range ends; an in point that would not be earlier goes. At 0 there is no range to end."""
    time = None if time is None or time <= 0 else time
    keep = time is None or project.mark_in is None or project.mark_in < time
    return replace(project, mark_in=project.mark_in if keep else None, mark_out=time)


def clear_marks(project: Project) -> Project:
    """Removes the in and out points."""
    return replace(project, mark_in=None, mark_out=None)


def fit_to_clip(project: Project, whole: TimeRange) -> Project:
    """Cuts off what lies outside `whole`, for a project that is given a shorter clip."""
    segments = project.segments
    if segments is not None:
        shared = ((segment, segment.range.intersect(whole)) for segment in segments)
        segments = tuple(replace(segment, range=span) for segment, span in shared if span is not None)
    return replace(
        project,
        segments=segments,
        markers=tuple(marker for marker in project.markers if whole.start <= marker.time <= whole.stop),
        mark_in=None if project.mark_in is None or project.mark_in >= whole.stop else project.mark_in,
        mark_out=None if project.mark_out is None or project.mark_out > whole.stop else project.mark_out,
    )


def _new_segment(project: Project, span: TimeRange, like: Segment | None) -> Segment:
    like = like or Segment(span, project.face, project.reference)
    return replace(like, range=span, id=next_id(project), name="")


def _free(project: Project, span: TimeRange) -> tuple[TimeRange, ...]:
    """The stretches of `span`, from 0 on, that no segment dubs."""
    start = max(span.start, Fraction(0))
    if span.stop <= start:
        return ()
    return complement_ranges((s.range for s in project.segments or ()), TimeRange(start, span.stop))


def _require(project: Project, id: int) -> Segment:
    segment = project.segment(id)
    if segment is None:
        raise UserError(_GONE)
    return segment


def _require_all(project: Project, ids: Collection[int]) -> None:
    if not set(ids) <= {segment.id for segment in project.segments or ()}:
        raise UserError(_GONE)


def _changed(segment: Segment, changes: dict[str, Any]) -> Segment:
    """With other settings; another face takes the reference frame away unless the changes name one."""
    if "reference" not in changes and changes.get("face", segment.face) != segment.face:
        changes = changes | {"reference": None}
    return replace(segment, **changes)


def _put(project: Project, segment: Segment) -> Project:
    """The project with `segment` in place of the one with the same id; the order stays."""
    return replace(project, segments=tuple(segment if s.id == segment.id else s for s in project.segments or ()))


def _with_segment(project: Project, segment: Segment) -> Project:
    segments = (*(project.segments or ()), segment)
    return replace(project, segments=tuple(sorted(segments, key=lambda s: (s.range.start, s.range.stop))))


def _room(project: Project, segment: Segment, whole: TimeRange) -> tuple[TimeRange, TimeRange]:
    """Between which times a segment may lie, and what of it lies there now. Raises UserError where nothing does."""
    start, stop = whole.start, whole.stop
    for one, other in pairwise(project.segments or ()):
        if other.id == segment.id:
            start = max(start, one.range.stop)
        if one.id == segment.id:
            stop = min(stop, other.range.start)
    room = TimeRange(start, max(start, stop))
    old = segment.range.intersect(room)
    if old is None:
        raise UserError("That segment lies outside the clip: remove it.")
    return room, old


def in_order(markers: Iterable[Marker]) -> tuple[Marker, ...]:
    """Markers sorted by time; those at the same time keep their order."""
    return tuple(sorted(markers, key=lambda marker: marker.time))


def _marker(project: Project, index: int) -> Marker:
    if not 0 <= index < len(project.markers):
        raise UserError("That marker no longer exists: choose another one.")
    return project.markers[index]


def _put_marker(project: Project, index: int, marker: Marker) -> Project:
    markers = (*project.markers[:index], marker, *project.markers[index + 1 :])
    return replace(project, markers=in_order(markers))
