"""Which voice the selected segment is dubbed to, and when it begins."""

from __future__ import annotations

from collections.abc import Hashable
from fractions import Fraction

from PySide6.QtCore import QSignalBlocker, Qt, Signal, Slot
from PySide6.QtWidgets import QCheckBox, QComboBox, QPushButton, QSizePolicy

from app.core import edits
from app.core.project import SEGMENT_FIELDS, Segment
from app.ui.actions import shortcut
from app.ui.kit.text import take_text
from app.ui.panels.inspector.edit_steps import Editor
from app.ui.panels.inspector.offset_fields import OffsetFields
from app.ui.panels.inspector.section import Section, row


class VoiceSection(Section):
    """The project's voice or one of the segment's takes; the segment's own offset, or the project's."""

    take_wanted = Signal()
    """Another take is to be chosen from a file."""
    keep_wanted = Signal()
    """Only the take that is heard is to stay."""

    def __init__(self, editor: Editor) -> None:
        super().__init__("Voice", "inspectorVoice")
        self._editor = editor
        self._make_takes()
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
        self._show_takes(segment)
        with QSignalBlocker(self.as_project):
            self.as_project.setChecked(segment.offset is None)
        clip = session.clip
        self.offset.set_offset(session.project.offset_of(segment), None if clip is None else clip.fps)
        self.offset.set_enabled(segment.offset is not None)

    def _make_takes(self) -> None:
        """The list of voices, and what adds to it and takes from it."""
        self.takes = QComboBox()
        self.takes.setObjectName("segmentTake")
        self.takes.setAccessibleName("Voice of the segment")
        self.takes.setToolTip(f"Which voice this segment is dubbed to  [{shortcut('next_take')} goes to the next]")
        self.takes.setMinimumContentsLength(8)
        self.takes.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.takes.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.takes.activated.connect(self._use)
        self.another, self.keep = QPushButton("Add take..."), QPushButton("Keep this")
        self.another.setObjectName("addTake")
        self.another.setToolTip("Chooses another voice for the selected segments")
        self.keep.setObjectName("keepTake")
        self.keep.setToolTip("Removes the takes that are not heard")
        self.another.clicked.connect(self.take_wanted)
        self.keep.clicked.connect(self.keep_wanted)
        self.add("Dubbed to", self.takes)
        self.add("", row(self.another, self.keep))

    def _show_takes(self, segment: Segment) -> None:
        with QSignalBlocker(self.takes):
            self.takes.clear()
            self.takes.addItem("The project's voice", None)
            for index, take in enumerate(segment.takes):
                self.takes.addItem(take_text(take, index), index)
                self.takes.setItemData(index + 1, take.path, Qt.ItemDataRole.ToolTipRole)
            self.takes.setCurrentIndex(0 if segment.own_voice is None else 1 + (segment.take or 0))
        self.keep.setEnabled(len(segment.takes) > (segment.own_voice is not None))

    @Slot(int)
    def _use(self, _row: int) -> None:
        """Of several segments, those that have such a take follow."""
        session, take = self._editor.session, self.takes.currentData()
        ids = [one.id for one in session.chosen_segments if take is None or take < len(one.takes)]
        self._editor.change("Change take", lambda project: edits.use_take(project, ids, take))

    @Slot(bool)
    def _toggle(self, as_project: bool) -> None:
        if as_project:
            self._editor.change_segment("Voice as the project", offset=None)
        else:
            self._editor.change_segment("Own voice offset", offset=self._editor.session.project.offset)

    @Slot(object, object)
    def _edit(self, offset: Fraction, token: Hashable) -> None:
        self._editor.change_segment(SEGMENT_FIELDS["offset"].step, token, offset=offset)
