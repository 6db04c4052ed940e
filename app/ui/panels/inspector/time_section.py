"""What the segment is called, and where it begins and ends."""

from __future__ import annotations

from fractions import Fraction

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QLineEdit

from app.core import edits
from app.core.timebase import TimeRange
from app.engine.media.clip import Clip
from app.ui.actions import with_keys
from app.ui.kit.renewal import keep_current
from app.ui.kit.text import segment_name
from app.ui.kit.timecode_field import TimecodeField
from app.ui.panels.inspector.edit_steps import Editor
from app.ui.panels.inspector.section import Section


class TimeSection(Section):
    """Name, and in, out and length of the selected segment as timecodes; each edit of a time trims it."""

    def __init__(self, editor: Editor) -> None:
        super().__init__("Segment", "inspectorTime")
        self._editor = editor
        self.name = QLineEdit()
        self.name.setObjectName("segmentName")
        self.name.setAccessibleName("Name of the segment")
        keep_current(self.name, self._explain_name)
        self.add("Name", self.name)
        self.name.editingFinished.connect(self._set_name)
        self.speaker = QLineEdit()
        self.speaker.setObjectName("segmentSpeaker")
        self.speaker.setAccessibleName("Speaker of the segment")
        self.speaker.setToolTip("Who speaks in this segment, as subtitles name them")
        self.add("Speaker", self.speaker)
        self.speaker.editingFinished.connect(self._set_speaker)
        self.start = TimecodeField("segmentIn", "In", "The first frame that is dubbed")
        self.stop = TimecodeField("segmentOut", "Out", "The first frame after the segment, which is not dubbed")
        self.length = TimecodeField("segmentLength", "Length", "How long the segment is; moves its end")
        for text, field in (("In", self.start), ("Out", self.stop), ("Length", self.length)):
            self.add(text, field)
            field.refused.connect(editor.refuse)
        self.start.edited.connect(self._set_start)
        self.stop.edited.connect(self._set_stop)
        self.length.edited.connect(self._set_length)
        self.start.stepped.connect(self._step_start)
        self.stop.stepped.connect(self._step_stop)
        self.length.stepped.connect(self._step_stop)

    def _explain_name(self) -> None:
        self.name.setToolTip(with_keys("What you call this segment; empty, it has its number", "rename"))

    def refresh(self) -> None:
        """Shows the selected segment."""
        segment, session = self._editor.segment, self._editor.session
        if segment is None:
            return
        if not (self.name.hasFocus() and self.name.isModified()):
            self.name.setText(segment.name)
        if not (self.speaker.hasFocus() and self.speaker.isModified()):
            self.speaker.setText(segment.speaker)
        self.name.setPlaceholderText(segment_name(segment))
        counting = None if session.clip is None else session.counting
        self.start.set_time(segment.range.start, counting)
        self.stop.set_time(segment.range.stop, counting)
        self.length.set_time(segment.range.duration, counting)

    @Slot()
    def _set_name(self) -> None:
        segment = self._editor.segment
        if segment is not None and self.name.isModified():
            name = self.name.text()
            self.name.setModified(False)
            self._editor.change("Rename segment", lambda project: edits.name_segment(project, segment.id, name))
            self.refresh()

    @Slot()
    def _set_speaker(self) -> None:
        segment = self._editor.segment
        if segment is not None and self.speaker.isModified():
            speaker = self.speaker.text()
            self.speaker.setModified(False)
            self._editor.change("Name speaker", lambda project: edits.name_speaker(project, segment.id, speaker))
            self.refresh()

    @Slot(object)
    def _set_start(self, time: Fraction) -> None:
        self._trim(time, None, self.start)

    @Slot(object)
    def _set_stop(self, time: Fraction) -> None:
        self._trim(None, time, self.stop)

    @Slot(object)
    def _set_length(self, length: Fraction) -> None:
        segment = self._editor.segment
        if segment is not None:
            self._trim(None, segment.range.start + length, self.length)

    @Slot(int)
    def _step_start(self, frames: int) -> None:
        segment, clip = self._editor.segment, self._editor.session.clip
        if segment is not None and clip is not None:
            self._trim(segment.range.start + frames / clip.fps, None, self.start)

    @Slot(int)
    def _step_stop(self, frames: int) -> None:
        segment, clip = self._editor.segment, self._editor.session.clip
        if segment is not None and clip is not None:
            self._trim(None, segment.range.stop + frames / clip.fps, self.stop)

    def _trim(self, start: Fraction | None, stop: Fraction | None, field: TimecodeField) -> None:
        """One edit, at frames of the clip; the neighbours and the clip's ends limit it."""
        segment, clip = self._editor.segment, self._editor.session.clip
        if segment is None or clip is None:
            return
        start = None if start is None else on_frame(clip, start)
        stop = None if stop is None else on_frame(clip, stop)
        whole: TimeRange = clip.whole
        trim = lambda project: edits.trim_segment(project, segment.id, start, stop, whole)  # noqa: E731
        self._editor.change("Trim segment", trim, merge=field.token)
        self.refresh()  # a trim that was limited to what it was changes nothing, but the field shows what was typed


def on_frame(clip: Clip, time: Fraction) -> Fraction:
    """The time of the frame nearest to `time`, or the clip's end."""
    near = time + 1 / (2 * clip.fps)
    if near >= clip.stop:
        return clip.stop
    return clip.time_of(clip.index_at(max(near, Fraction(0))))
