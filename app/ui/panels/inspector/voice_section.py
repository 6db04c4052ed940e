"""When the new voice begins for the selected segment."""

from __future__ import annotations

from collections.abc import Hashable
from fractions import Fraction

from PySide6.QtCore import QSignalBlocker, Slot
from PySide6.QtWidgets import QCheckBox

from app.core.project import SEGMENT_FIELDS
from app.ui.panels.inspector.edit_steps import Editor
from app.ui.panels.inspector.offset_fields import OffsetFields
from app.ui.panels.inspector.section import Section, row


class VoiceSection(Section):
    """The segment's own offset, or the project's."""

    def __init__(self, editor: Editor) -> None:
        super().__init__("Voice", "inspectorVoice")
        self._editor = editor
        self.as_project = QCheckBox("As the project")
        self.as_project.setObjectName("segmentOffsetAsProject")
        self.as_project.setToolTip(
            "The voice begins where the whole project says; off gives this segment its own place"
        )
        self.offset = OffsetFields("segmentOffset", self)
        self.add(
            SEGMENT_FIELDS["offset"].label, row(self.offset.milliseconds, self.offset.frames), self.offset.milliseconds
        )
        self.add("", self.as_project)
        self.as_project.toggled.connect(self._toggle)
        self.offset.edited.connect(self._edit)

    def refresh(self) -> None:
        """Shows the selected segment."""
        segment, session = self._editor.segment, self._editor.session
        if segment is None:
            return
        with QSignalBlocker(self.as_project):
            self.as_project.setChecked(segment.offset is None)
        clip = session.clip
        self.offset.set_offset(session.project.offset_of(segment), None if clip is None else clip.fps)
        self.offset.set_enabled(segment.offset is not None)

    @Slot(bool)
    def _toggle(self, as_project: bool) -> None:
        if as_project:
            self._editor.change_segment("Voice as the project", offset=None)
        else:
            self._editor.change_segment("Own voice offset", offset=self._editor.session.project.offset)

    @Slot(object, object)
    def _edit(self, offset: Fraction, token: Hashable) -> None:
        self._editor.change_segment(SEGMENT_FIELDS["offset"].step, token, offset=offset)
