"""What keys and menus of the timeline do to the project; each is one step of undoing."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Collection, Sequence
from fractions import Fraction
from typing import Any

from msgspec.structs import replace

from app.core import edits
from app.core.errors import UserError
from app.core.project import Project, Segment
from app.core.timebase import TimeRange
from app.engine.media.clip import Clip
from app.ui.actions import shortcut
from app.ui.session import Session

NEW_SECONDS = Fraction(5)
"""How long a segment is that the menu adds, where there is room."""

Change = Callable[[Project], Project]


class Commands:
    """The edits, on whatever is open; without a clip they do nothing."""

    def __init__(self, session: Session, tell: Callable[[str], None], go: Callable[[Fraction], None]) -> None:
        """`tell` is given the sentence of what could not be done; `go` moves the playhead."""
        self._session, self._tell, self._go = session, tell, go

    def edit(self, text: str, change: Change) -> bool:
        """Applies a change, or tells why not; whether it was done."""
        if self._session.clip is None:
            return False
        try:
            project = change(self._session.project)
        except UserError as error:
            self._tell(str(error))
            return False
        self._session.apply(text, project)
        return True

    def edit_segments(self, text: str, change: Change) -> bool:
        """As `edit`, with "all of the clip" spelled out as a segment first."""
        clip = self._session.clip
        return clip is not None and self.edit(text, lambda project: change(edits.spell_out(project, clip.whole)))

    @property
    def clip(self) -> Clip | None:
        """The open clip; None where there is none."""
        return self._session.clip

    def segments(self) -> tuple[Segment, ...]:
        """The segments as the timeline shows them."""
        clip = self._session.clip
        return () if clip is None else edits.spell_out(self._session.project, clip.whole).segments or ()

    def segment_at(self, time: Fraction) -> Segment | None:
        """The segment that dubs a moment."""
        return next((segment for segment in self.segments() if segment.range.contains(time)), None)

    def split(self, time: Fraction, id: int | None = None) -> bool:
        """Splits a segment, or the one there, at a time."""
        segment = self.segment_at(time)
        name = segment.id if id is None and segment is not None else id
        if name is None:
            self._tell("There is no segment to split here: move the playhead into one.")
            return False
        return self.edit_segments("Split segment", lambda project: edits.split_segment(project, name, time))

    def delete(self, ids: Collection[int]) -> bool:
        """Removes segments by their ids."""
        if not ids:
            return self._nothing_selected()
        text = f"Delete {segments_text(len(ids))}"
        return self.edit_segments(text, lambda project: edits.remove_segments(project, ids))

    def paste(self, segments: Sequence[Segment], start: Fraction) -> bool:
        """Copies of segments (in order of time) from a time on, which are selected then."""
        clip, before = self._session.clip, {one.id for one in self.segments()}
        text = f"Paste {segments_text(len(segments))}"
        if clip is None or not self.edit_segments(
            text, lambda project: edits.paste_segments(project, segments, start, clip.whole)
        ):
            return False
        self._session.select_all(one.id for one in self.segments() if one.id not in before)
        return True

    def _nothing_selected(self) -> bool:
        self._tell("Select a segment first: click it, or press Tab in the timeline.")
        return False

    def tell(self, sentence: str) -> None:
        """News, or why something was not done."""
        self._tell(sentence)

    def only(self, ids: Collection[int]) -> bool:
        """Dubs nothing but these segments' ranges."""
        return self.edit_segments(
            "Dub this range only",
            lambda project: edits.remove_segments(project, [s.id for s in project.segments or () if s.id not in ids]),
        )

    def set(self, text: str, ids: Collection[int], **settings: Any) -> bool:
        """Changes settings of segments, as `edits.set_segments` takes them."""
        return self.edit_segments(text, lambda project: edits.set_segments(project, ids, **settings))

    def reset_offset(self) -> bool:
        """The project's offset goes back to 0."""
        return self.edit("Reset voice offset", lambda project: edits.set_offset(project, Fraction(0)))

    def voice_at(self, time: Fraction) -> bool:
        """Has the voice begin at a time."""
        return self.edit("Move voice", lambda project: edits.set_offset(project, time))

    def enable(self, ids: Collection[int], on: bool) -> bool:
        """Leaves segments' pictures as they were filmed, or dubs them again."""
        return self.set("Switch segment on" if on else "Switch segment off", ids, strength=1.0 if on else 0.0)

    def trim_to(self, id: int | None, start: Fraction | None, stop: Fraction | None) -> bool:
        """Moves an edge of a segment to a time."""
        clip = self._session.clip
        if id is None or clip is None:
            return self._nothing_selected() if id is None else False
        return self.edit_segments(
            "Trim segment", lambda project: edits.trim_segment(project, id, start, stop, clip.whole)
        )

    def nudge(self, segments: Sequence[Segment], frames: int) -> bool:
        """Moves segments (in order of time) by whole frames."""
        clip = self._session.clip
        if clip is None or not segments:
            return self._nothing_selected()
        first, ids = segments[0].range.start, [segment.id for segment in segments]
        shift = clip.time_of(clip.index_at(first) + frames) - first
        text = f"Move {segments_text(len(ids))}"
        return self.edit(text, lambda project: edits.move_segments(project, ids, shift, clip.whole))

    def add_here(self, time: Fraction) -> bool:
        """A new segment from a time on, as long as there is room."""
        clip = self._session.clip
        if clip is None:
            return False
        start = clip.time_of(clip.index_at(time))
        following = (s.range.start for s in self.segments() if s.range.start >= start)
        stop = min(next(following, clip.stop), start + NEW_SECONDS)
        return self.add(TimeRange(start, max(start, stop)))

    def add(self, span: TimeRange) -> bool:
        """A new segment, which is then selected."""
        id = 0

        def change(project: Project) -> Project:
            nonlocal id
            id = edits.next_id(project)
            return edits.add_segment(project, span)

        done = self.edit_segments("Add segment", change)
        if done:
            self._session.select(id)
        return done

    def dub_marked(self) -> bool:
        """Dubs from in to out."""
        span = self._session.marked
        if span is None:
            keys = f"{shortcut('mark_in')} and {shortcut('mark_out')}"
            self._tell(f"Set in and out first: {keys}, at the playhead.")
            return False
        return self.add(span)

    def dub_all(self) -> bool:
        """Dubs what is not dubbed yet and the voice covers; without a voice, all of the clip."""
        clip, voice = self._session.clip, self._session.voice
        if clip is None:
            return False
        start = self._session.project.offset
        covered = None if voice is None else clip.whole.intersect(TimeRange(start, start + voice.duration))
        return self.edit_segments("Dub all", lambda project: edits.dub_all(project, covered or clip.whole))

    def set_in(self, time: Fraction | None) -> bool:
        """The marked range begins at a time."""
        return self.edit("Set in" if time is not None else "Clear in", lambda project: edits.set_in(project, time))

    def set_out(self, time: Fraction | None) -> bool:
        """The marked range ends with the frame on screen at a time."""
        clip = self._session.clip
        if clip is None:
            return False
        stop = None if time is None else frame_stop(clip, time)
        return self.edit("Set out" if stop is not None else "Clear out", lambda project: edits.set_out(project, stop))

    def mark_segment(self, segment: Segment) -> bool:
        """Marks a segment's range."""
        marks = segment.range
        return self.edit("Set in and out", lambda p: edits.set_out(edits.set_in(p, marks.start), marks.stop))

    def clear_marks(self) -> bool:
        """Clears the in and out points, so that no range is marked."""
        return self.edit("Clear in and out", edits.clear_marks)

    def add_marker(self, time: Fraction) -> bool:
        """Adds a marker at a time."""
        return self.edit("Add marker", lambda project: edits.add_marker(project, time))

    def remove_marker(self, index: int) -> bool:
        """Removes a marker by its number."""
        return self.edit("Delete marker", lambda project: edits.remove_marker(project, index))

    def note_marker(self, index: int, note: str) -> bool:
        """Changes a marker's note."""
        return self.edit("Edit note", lambda project: edits.note_marker(project, index, note))

    def set_sound(self, sound: edits.Sound, *, mute: bool | None = None, solo: bool | None = None) -> bool:
        """Mutes a sound, or listens to it alone."""
        project = self._session.project
        old = project.original_mix if sound == "original" else project.voice_mix
        mix = replace(old, mute=old.mute if mute is None else mute, solo=old.solo if solo is None else solo)
        return self.edit("Mute" if mute is not None else "Solo", lambda project: edits.set_mix(project, sound, mix))

    def edges(self) -> list[Fraction]:
        """The places that Up and Down go to: the ends of segments and of the clip, each the time of a frame."""
        clip = self._session.clip
        if clip is None:
            return []
        times = {edge for segment in self.segments() for edge in (segment.range.start, segment.range.stop)}
        frames = {clip.time_of(clip.index_at(time)) for time in times if time < clip.stop}
        return sorted(frames | {Fraction(0), clip.time_of(clip.count - 1)})

    def next_edge(self) -> None:
        """Moves the playhead to the next edge."""
        self._go_on(self.edges())

    def previous_edge(self) -> None:
        """Moves the playhead to the edge before."""
        self._go_back(self.edges())

    def next_marker(self) -> None:
        """Moves the playhead to the next marker."""
        self._go_on(self.marker_frames())

    def previous_marker(self) -> None:
        """Moves the playhead to the marker before."""
        self._go_back(self.marker_frames())

    def marker_frames(self) -> list[Fraction]:
        """The times of the frames that markers stand on, ascending."""
        clip, markers = self._session.clip, self._session.project.markers
        return [] if clip is None else [clip.time_of(clip.index_at(marker.time)) for marker in markers]

    def _go_on(self, times: Sequence[Fraction]) -> None:
        place = bisect_right(times, self._session.playhead)
        if place < len(times):
            self._go(times[place])

    def _go_back(self, times: Sequence[Fraction]) -> None:
        place = bisect_left(times, self._session.playhead)
        if place > 0:
            self._go(times[place - 1])


def segments_text(count: int) -> str:
    """As steps of undoing name them: "segment", "3 segments"."""
    return "segment" if count == 1 else f"{count} segments"


def frame_stop(clip: Clip, time: Fraction) -> Fraction:
    """Where the frame on screen at a time ends."""
    index = clip.index_at(time)
    return clip.time_of(index + 1) if index + 1 < clip.count else clip.stop
