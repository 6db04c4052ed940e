"""What is open in the editor: the current project, its undo stack, its media, and where the user is.

All panels read from here and change the project through `apply` alone; none knows another.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from fractions import Fraction
from pathlib import Path

import msgspec
from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoCommand, QUndoStack

from app.core.project import Project, Segment, View
from app.core.timebase import TimeRange
from app.core.timecode import Counting
from app.engine.dub.report import FitCheck
from app.engine.faces.analysis import FaceAnalysis
from app.engine.media.clip import Clip, Voice


class Session(QObject):
    """The document and the place in it; lives on the GUI thread."""

    changed = Signal(object, object)
    """(old Project, new Project) after every edit, undo and redo: compare fields by identity or equality."""
    reset = Signal()
    """Another document was opened: forget everything."""
    clip_changed = Signal(object)
    """Clip or None: the video of the project was opened (or is missing)."""
    voice_changed = Signal(object)
    """Voice or None."""
    analysis_changed = Signal(object)
    """FaceAnalysis or None: the faces of the clip are known."""
    playhead_changed = Signal(object)
    """Fraction: seconds of the clip, always a frame's own time while a clip is open."""
    selection_changed = Signal(object)
    """int (a segment's id) or None: the segment whose settings are shown, or the others that are selected, changed."""
    file_changed = Signal(object)
    """Path or None: under which name the project is saved."""
    fits_changed = Signal()
    """It is known how well the weights fit a face, or is not known any more (see `fits`)."""
    counting_changed = Signal()
    """Timecodes are to be written in the other manner (see `counting`)."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.undo_stack = QUndoStack(self)
        self._project = Project()
        self._view = View()
        self._clip: Clip | None = None
        self._voice: Voice | None = None
        self._analysis: FaceAnalysis | None = None
        self._fits: Mapping[int, FitCheck] = {}
        self._selection: int | None = None
        self._chosen: frozenset[int] = frozenset()
        self._file: Path | None = None
        self._drop = True
        self._telling = False

    def tell_of_all(self, slot: Callable[[], object]) -> None:
        """Calls `slot` (as a signal does) whenever project, clip or faces change, or how they are written."""
        for signal in (
            self.changed,
            self.clip_changed,
            self.analysis_changed,
            self.counting_changed,
            self.reset,
        ):
            signal.connect(slot)

    @property
    def project(self) -> Project:
        """The document as it is now."""
        return self._project

    @property
    def clip(self) -> Clip | None:
        """The opened video; None where there is none or it is still being opened."""
        return self._clip

    @property
    def voice(self) -> Voice | None:
        """The opened voice; likewise."""
        return self._voice

    @property
    def analysis(self) -> FaceAnalysis | None:
        """The clip's faces; None until they are known."""
        return self._analysis

    @property
    def fits(self) -> Mapping[int, FitCheck]:
        """By face: how well the weights know it; only of faces that are dubbed and were looked at."""
        return self._fits

    @property
    def counting(self) -> Counting:
        """How the clip's frames are counted; 25 a second while there is none."""
        return Counting(Fraction(25) if self._clip is None else self._clip.fps, self._drop)

    @property
    def playhead(self) -> Fraction:
        """Seconds of the clip."""
        return self._view.playhead

    @property
    def view(self) -> View:
        """Where the user is; saved with the project, never undone."""
        return self._view

    @property
    def file(self) -> Path | None:
        """The project's file; None before the first save."""
        return self._file

    @property
    def modified(self) -> bool:
        """Whether anything was changed since the last save."""
        return not self.undo_stack.isClean()

    @property
    def selection(self) -> int | None:
        """Id of the selected segment; of several, the one that was selected last."""
        return self._selection

    @property
    def chosen(self) -> frozenset[int]:
        """Ids of all selected segments."""
        return self._chosen

    @property
    def selected(self) -> Segment | None:
        """The segment of `selection`."""
        return None if self._selection is None else self._project.segment(self._selection)

    @property
    def chosen_segments(self) -> tuple[Segment, ...]:
        """All selected segments, in order of time."""
        return tuple(segment for segment in self._project.segments or () if segment.id in self._chosen)

    @property
    def marked(self) -> TimeRange | None:
        """From in to out, within the clip; an end that is not set is the clip's. None where neither is, or no clip."""
        project, clip = self._project, self._clip
        if clip is None or (project.mark_in is None and project.mark_out is None):
            return None
        start = Fraction(0) if project.mark_in is None else project.mark_in
        stop = clip.stop if project.mark_out is None else project.mark_out
        return TimeRange(start, max(start, stop)).intersect(clip.whole)

    def saved_project(self) -> Project:
        """The project as it is to be written: with the present view, and with what its media are known by.

        A project that came without the hashes of its media, as the demo does, could not find them again when they
        are moved and renamed.
        """
        project, clip, voice = self._project, self._clip, self._voice
        return msgspec.structs.replace(
            project,
            view=self._view,
            clip_sha256=project.clip_sha256 or (clip.sha256 if clip is not None else ""),
            voice_sha256=project.voice_sha256 or (voice.sha256 if voice is not None else ""),
        )

    def open(self, project: Project, file: Path | None) -> None:
        """Starts over with another document; its media are to be set when they are opened."""
        self.undo_stack.clear()
        self.undo_stack.setClean()  # an empty stack is not cleared, and stays changed after a recovery
        self._project, self._view, self._selection = project, project.view, None
        self._chosen = frozenset()
        self._clip = self._voice = self._analysis = None
        self._fits = {}
        self._file = file
        self.reset.emit()
        self.file_changed.emit(file)

    def apply(self, text: str, project: Project, merge: Hashable | None = None) -> None:
        """One step of undoing, named by `text` ("Trim segment"); nothing where `project` is as before.

        Successive steps with the same `merge` (a drag's own token) become one. Raises RuntimeError while `changed` is
        being told: a step pushed inside another one would delete that one while it is at work.
        """
        if self._telling:
            raise RuntimeError(f'"{text}" cannot be a step while another step is being told')
        if project != self._project:
            self.undo_stack.push(_Edit(self._set_project, text, self._project, project, merge))

    def fill_in(self, text: str, project: Project) -> None:
        """Settles what the document leaves open: as long as nothing was changed in it, that is no change either.

        Else it is a step named by `text`, as `apply` makes it.
        """
        if self.undo_stack.count():
            self.apply(text, project)
        elif project != self._project:
            self._set_project(project)

    def mark_saved(self, file: Path) -> None:
        """The project as it is now stands in `file`."""
        self.undo_stack.setClean()
        self.set_file(file)

    def set_file(self, file: Path | None) -> None:
        """Under which name the project is saved."""
        self._file = file
        self.file_changed.emit(file)

    def set_clip(self, clip: Clip | None) -> None:
        """The project's video was opened, or is not there; its faces are then unknown."""
        self._clip = clip
        self.set_analysis(None)
        self.clip_changed.emit(clip)
        self.set_playhead(self.playhead)

    def set_voice(self, voice: Voice | None) -> None:
        """The project's voice was opened, or is not there."""
        self._voice = voice
        self.voice_changed.emit(voice)

    def set_analysis(self, analysis: FaceAnalysis | None) -> None:
        """The faces of the clip were found, or are unknown."""
        if analysis is not self._analysis:
            self._analysis = analysis
            self.analysis_changed.emit(analysis)

    def set_fits(self, fits: Mapping[int, FitCheck]) -> None:
        """What is known of how well the weights fit."""
        if fits != self._fits:
            self._fits = dict(fits)
            self.fits_changed.emit()

    def set_drop_frame(self, drop: bool) -> None:
        """Whether timecodes leave numbers out at the rates that have that."""
        if drop != self._drop:
            self._drop = drop
            self.counting_changed.emit()

    def set_playhead(self, time: Fraction) -> None:
        """Moves to the frame on screen at `time`, within the clip."""
        if self._clip is not None:
            time = self._clip.time_of(self._clip.index_at(max(time, Fraction(0))))
        if time != self._view.playhead:
            self._view = msgspec.structs.replace(self._view, playhead=time)
            self.playhead_changed.emit(time)

    def set_view(self, scroll: float, zoom: float) -> None:
        """Where the timeline is; told to nobody."""
        self._view = msgspec.structs.replace(self._view, scroll=scroll, zoom=zoom)

    def select(self, id: int | None) -> None:
        """Selects a segment by its id, and no other; None selects none."""
        self.select_all(() if id is None else (id,), id)

    def select_all(self, ids: Iterable[int], shown: int | None = None) -> None:
        """Selects segments by their ids; `shown` is the one whose settings are shown, without it the first in time."""
        wanted = set(ids)
        there = [segment.id for segment in self._project.segments or () if segment.id in wanted]
        if shown not in there:
            shown = there[0] if there else None
        if (shown, frozenset(there)) != (self._selection, self._chosen):
            self._selection, self._chosen = shown, frozenset(there)
            self.selection_changed.emit(shown)

    def _set_project(self, project: Project) -> None:
        """The only place where the project changes after it was opened."""
        old, self._project = self._project, project
        if self._chosen:
            self.select_all(self._chosen, self._selection)
        self._telling = True
        try:
            self.changed.emit(old, project)
        finally:
            self._telling = False


class _Edit(QUndoCommand):
    """A step from one project to another."""

    def __init__(
        self, put: Callable[[Project], None], text: str, old: Project, new: Project, merge: Hashable | None
    ) -> None:
        super().__init__(text)
        self._put, self._old, self.new, self.merge = put, old, new, merge

    def undo(self) -> None:
        """Back to the old project."""
        self._put(self._old)

    def redo(self) -> None:
        """To the new one; Qt also calls this when the step is pushed."""
        self._put(self.new)

    def id(self) -> int:
        """Qt asks to merge only steps with the same id other than -1."""
        return -1 if self.merge is None else hash(self.merge) & 0x7FFF_FFFF

    def mergeWith(self, other: QUndoCommand) -> bool:  # noqa: N802
        """Takes a later step of the same drag in; a drag that ends where it began leaves no step."""
        if not isinstance(other, _Edit) or other.merge != self.merge:
            return False
        self.new = other.new
        self.setObsolete(self.new == self._old)
        return True
