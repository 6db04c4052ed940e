"""The commands at the playhead and on the selected segment, as the actions of the window and the keys run them."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from PySide6.QtCore import Qt

from app.core.project import Segment
from app.ui.actions import shortcut
from app.ui.kit.text import segment_name
from app.ui.panels.timeline.commands import Commands
from app.ui.panels.timeline.note_dialog import NoteDialog
from app.ui.panels.timeline.playhead import Playhead
from app.ui.panels.timeline.view import TimelineView
from app.ui.session import Session


class CursorCommands:
    """What can be done where the user is."""

    def __init__(self, session: Session, view: TimelineView, playhead: Playhead, commands: Commands) -> None:
        self._session, self._view, self._playhead, self._commands = session, view, playhead, commands
        self._copied: tuple[Segment, ...] = ()

    def slots(self) -> dict[str, Callable[[], object]]:
        """The commands by the ids of actions."""
        navigation, commands = self._view.navigation, self._commands
        return {
            "zoom_in": navigation.zoom_in,
            "zoom_out": navigation.zoom_out,
            "zoom_fit": navigation.fit,
            "next_edge": commands.next_edge,
            "previous_edge": commands.previous_edge,
            "next_marker": commands.next_marker,
            "previous_marker": commands.previous_marker,
            "next_segment": self.next_segment,
            "previous_segment": self.previous_segment,
            "segment_later": self.nudge_later,
            "segment_earlier": self.nudge_earlier,
            "trim_start": self.trim_start,
            "trim_stop": self.trim_stop,
            "split": self.split,
            "delete": self.delete_selected,
            "select_all": self.select_all,
            "copy": self.copy_selected,
            "paste": self.paste,
            "dub_range": commands.dub_marked,
            "dub_all": commands.dub_all,
            "marker": self.add_marker,
            "mark_in": self.set_in,
            "mark_out": self.set_out,
            "to_in": self.go_in,
            "to_out": self.go_out,
            "clear_marks": commands.clear_marks,
        }

    def split(self) -> None:
        """Splits the segment at the playhead."""
        self._commands.split(self._session.playhead)

    def delete_selected(self) -> None:
        """Removes the selected segments."""
        self._commands.delete(self._session.chosen)

    def copy_selected(self) -> None:
        """Keeps the selected segments for `paste`."""
        chosen, paste = self._session.chosen_segments, shortcut("paste")
        if not chosen:
            self._commands.tell("Select the segment to copy: click it, or press Tab in the timeline.")
            return
        self._copied = chosen
        if len(chosen) == 1:
            self._commands.tell(f"{segment_name(chosen[0])} is copied: {paste} puts it in at the playhead.")
        else:
            self._commands.tell(f"{len(chosen)} segments are copied: {paste} puts them in from the playhead on.")

    def paste(self) -> None:
        """Puts copies of the kept segments in from the playhead on and selects them."""
        if not self._copied:
            self._commands.tell(f"Nothing is copied yet: select a segment and press {shortcut('copy')}.")
        else:
            self._commands.paste(self._copied, self._session.playhead)

    def add_marker(self) -> None:
        """Puts a marker at the playhead; where there is one already, asks for its note."""
        markers, playhead = self._session.project.markers, self._session.playhead
        here = next((number for number, marker in enumerate(markers) if marker.time == playhead), None)
        if here is None:
            self._commands.add_marker(playhead)
        else:
            self.edit_note(here)

    def set_in(self) -> None:
        """The range to play or export begins at the playhead."""
        self._commands.set_in(self._session.playhead)

    def set_out(self) -> None:
        """It ends with the frame at the playhead."""
        self._commands.set_out(self._session.playhead)

    def go_in(self) -> None:
        """To where the range begins."""
        self._playhead.go(self._session.project.mark_in or Fraction(0))

    def go_out(self) -> None:
        """To the last frame of the range."""
        clip, out = self._session.clip, self._session.project.mark_out
        if clip is not None:
            stop = clip.stop if out is None else out
            index = clip.index_at(stop)
            self._playhead.go(clip.time_of(index - 1 if clip.time_of(index) >= stop else index))

    def trim_start(self) -> None:
        """The selected segment begins at the playhead."""
        self._commands.trim_to(self._session.selection, self._session.playhead, None)

    def trim_stop(self) -> None:
        """It ends at the playhead."""
        self._commands.trim_to(self._session.selection, None, self._session.playhead)

    def nudge_later(self) -> None:
        """Moves the selected segments a frame on."""
        self._commands.nudge(self._session.chosen_segments, 1)

    def nudge_earlier(self) -> None:
        """Moves them a frame back."""
        self._commands.nudge(self._session.chosen_segments, -1)

    def select_all(self) -> None:
        """Selects every segment of the project."""
        segments = self._session.project.segments or ()
        self._session.select_all((segment.id for segment in segments), self._session.selection)
        if not segments:
            self._commands.tell("There is no segment to select: draw one, or dub everything.")

    def next_segment(self) -> bool:
        """Selects the next segment; whether there is one."""
        return self._select_neighbour(1)

    def previous_segment(self) -> bool:
        """Selects the segment before."""
        return self._select_neighbour(-1)

    def _select_neighbour(self, direction: int) -> bool:
        segments, selected = self._session.project.segments or (), self._session.selected
        time = self._session.playhead if selected is None else selected.range.start
        if direction > 0:
            later = (s for s in segments if s.range.start > time or (selected is None and s.range.stop > time))
            found = next(later, None)
        else:
            found = next((s for s in reversed(segments) if s.range.start < time), None)
        if found is not None:
            self._session.select(found.id)
            self._view.navigation.reveal(found.range.start)
        return found is not None

    def edit_note(self, index: int) -> None:
        """Asks for the note of a marker."""
        markers = self._session.project.markers
        if self._session.clip is None or index >= len(markers):
            return
        marker = markers[index]
        dialog = NoteDialog(marker.note, self._session.counting.format(marker.time), self._view)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.accepted.connect(lambda: self._note(marker.time, dialog.note))
        dialog.open()

    def _note(self, time: Fraction, note: str) -> None:
        """Writes a note, wherever its marker stands among the others by now."""
        markers = self._session.project.markers
        index = next((number for number, marker in enumerate(markers) if marker.time == time), None)
        if index is not None:
            self._commands.note_marker(index, note)
