"""The timeline's commands as slots, and the keys that run them."""

from __future__ import annotations

from fractions import Fraction

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QWidget

from app.ui.panels.timeline.commands import Commands
from app.ui.panels.timeline.keys import KEYS, KeyMap
from app.ui.panels.timeline.note_dialog import NoteDialog
from app.ui.panels.timeline.pointer import Pointer
from app.ui.panels.timeline.surface import Surface
from app.ui.session import Session


class KeyedSurface(Surface):
    """What can be done to the segments and marks at the playhead."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self._snapping = True
        self.commands = Commands(session, self.tell, self.go)
        self._pointer = Pointer(self)
        self._keys = KeyMap({name: getattr(self, name) for name in KEYS})

    @property
    def snapping(self) -> bool:
        """Whether drags snap."""
        return self._snapping

    def tell(self, sentence: str) -> None:
        """Why an edit could not be made."""
        raise NotImplementedError

    def scrub(self, time: Fraction, exact: bool) -> None:
        """Moves the playhead; `exact` tells whether the frame must be the very one now."""
        raise NotImplementedError

    def visit_faceless(self, time: Fraction) -> None:
        """Goes to the first frame of the stretch without the face at a time."""
        raise NotImplementedError

    def go(self, time: Fraction) -> None:
        """Moves the playhead and has it in sight."""
        self.scrub(time, True)
        self.reveal(float(self._session.playhead))

    @Slot()
    def next_edge(self) -> None:
        """To the next edge of a segment or end of the clip."""
        self.commands.next_edge()

    @Slot()
    def previous_edge(self) -> None:
        """To the edge before."""
        self.commands.previous_edge()

    @Slot()
    def split(self) -> None:
        """Splits the segment at the playhead."""
        self.commands.split(self._session.playhead)

    @Slot()
    def delete_selected(self) -> None:
        """Removes the selected segment."""
        self.commands.delete(self._session.selection)

    @Slot()
    def add_marker(self) -> None:
        """Puts a marker at the playhead; where there is one already, asks for its note."""
        markers, playhead = self._session.project.markers, self._session.playhead
        here = next((number for number, marker in enumerate(markers) if marker.time == playhead), None)
        if here is None:
            self.commands.add_marker(playhead)
        else:
            self.edit_note(here)

    @Slot()
    def set_in(self) -> None:
        """The range to play or export begins at the playhead."""
        self.commands.set_in(self._session.playhead)

    @Slot()
    def set_out(self) -> None:
        """It ends with the frame at the playhead."""
        self.commands.set_out(self._session.playhead)

    @Slot()
    def go_in(self) -> None:
        """To where the range begins."""
        self.go(self._session.project.mark_in or Fraction(0))

    @Slot()
    def go_out(self) -> None:
        """To the last frame of the range."""
        clip, out = self._session.clip, self._session.project.mark_out
        if clip is not None:
            stop = clip.stop if out is None else out
            index = clip.index_at(stop)
            self.go(clip.time_of(index - 1 if clip.time_of(index) >= stop else index))

    @Slot()
    def clear_marks(self) -> None:
        """Forgets in and out."""
        self.commands.clear_marks()

    @Slot()
    def trim_start(self) -> None:
        """The selected segment begins at the playhead."""
        self.commands.trim_to(self._session.selection, self._session.playhead, None)

    @Slot()
    def trim_stop(self) -> None:
        """It ends at the playhead."""
        self.commands.trim_to(self._session.selection, None, self._session.playhead)

    @Slot()
    def nudge_later(self) -> None:
        """Moves the selected segment a frame on."""
        self.commands.nudge(self._session.selection, 1)

    @Slot()
    def nudge_earlier(self) -> None:
        """Moves it a frame back."""
        self.commands.nudge(self._session.selection, -1)

    @Slot()
    def next_segment(self) -> bool:
        """Selects the next segment; whether there is one."""
        return self._select_neighbour(1)

    @Slot()
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
            self.reveal(float(found.range.start))
        return found is not None

    @Slot()
    def cancel(self) -> None:
        """Gives up the drag under way; without one, selects nothing."""
        self._autoscroll.stop()
        if not self._pointer.cancel():
            self._session.select(None)

    def edit_note(self, index: int) -> None:
        """Asks for the note of a marker."""
        markers = self._session.project.markers
        if self._session.clip is None or index >= len(markers):
            return
        marker = markers[index]
        dialog = NoteDialog(marker.note, self._session.counting.format(marker.time), self)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.accepted.connect(lambda: self._note(marker.time, dialog.note))
        dialog.open()

    def _note(self, time: Fraction, note: str) -> None:
        """Writes a note, wherever its marker stands among the others by now."""
        markers = self._session.project.markers
        index = next((number for number, marker in enumerate(markers) if marker.time == time), None)
        if index is not None:
            self.commands.note_marker(index, note)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Runs the command on a key. Ctrl+Tab leaves the timeline, where Tab steps through the segments."""
        control = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        if control and event.key() in (Qt.Key.Key_Tab, Qt.Key.Key_Backtab):
            super().focusNextPrevChild(event.key() == Qt.Key.Key_Tab)
        elif not self._keys.run(event):
            # the base class would scroll by the arrow keys, which the window uses for frames
            event.ignore()

    def focusNextPrevChild(self, next: bool) -> bool:  # noqa: N802
        """Tab goes from segment to segment, and on to the next widget after the last one."""
        if self.hasFocus() and (self.next_segment() if next else self.previous_segment()):
            return True
        return super().focusNextPrevChild(next)
