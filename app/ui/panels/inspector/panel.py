"""The inspector: the selected segment above, the whole project below."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QPushButton, QScrollArea, QVBoxLayout, QWidget

from app.core.project import SEGMENT_FIELDS
from app.ui.actions import shortcut
from app.ui.kit import palette
from app.ui.kit.text import segment_name
from app.ui.panels.inspector.edit_steps import Editor
from app.ui.panels.inspector.face_section import FaceSection
from app.ui.panels.inspector.mouth_section import MouthSection
from app.ui.panels.inspector.project_section import ProjectSection
from app.ui.panels.inspector.section import note, tell
from app.ui.panels.inspector.time_section import TimeSection
from app.ui.panels.inspector.voice_section import VoiceSection
from app.ui.session import Session

if TYPE_CHECKING:
    from app.workers.reference_thread import Proposals

_NARROW = 25.0
"""Width in times of the text's height below which labels stand above their controls."""


class Inspector(QWidget):
    """Shows and edits what is selected."""

    references_wanted = Signal(int, object)
    """(face, Fraction or None): propose reference frames of the clip's face, and picture the frame at that time."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("inspector")
        self.setAccessibleName("Inspector")
        self._session = session
        self.editor = Editor(session, self)
        self.time, self.voice = TimeSection(self.editor), VoiceSection(self.editor)
        self.face, self.mouth = FaceSection(self.editor), MouthSection(self.editor)
        self.project = ProjectSection(self.editor)
        self.refusal = note("inspectorRefusal", palette.ERROR)
        self.hint = note("inspectorHint")
        self.select_here = QPushButton("Select the segment at the playhead")
        self.select_here.setObjectName("inspectorSelectHere")
        self.same_for_all = QPushButton("Same settings for all")
        self.same_for_all.setObjectName("inspectorSameForAll")
        self.same_for_all.setToolTip("Gives all selected segments the settings that are shown here")
        self._of_segment = (self.time, self.voice, self.face, self.mouth)
        self._lay_out()
        self._connect()
        self.refresh()

    def sizeHint(self) -> QSize:  # noqa: N802
        """A column of controls."""
        return QSize(19 * self.fontMetrics().height(), 480)

    def set_references(self, proposals: Proposals) -> None:
        """Reference frames were found."""
        self.face.set_proposals(proposals)

    def set_weights(self, names: Sequence[str]) -> None:
        """The catalogue's names, to choose from."""
        self.project.set_weights(names)

    @Slot()
    def refresh(self) -> None:
        """Shows the project as it is."""
        segment = self._session.selected
        for section in self._of_segment:
            section.setVisible(segment is not None and not (section is self.time and self._several))
            section.refresh()
        self.project.refresh()
        self._update_hint()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """Labels go above their controls where there is little width."""
        super().resizeEvent(event)
        narrow = self.width() < _NARROW * self.fontMetrics().height()
        for section in (*self._of_segment, self.project):
            section.set_narrow(narrow)

    def _lay_out(self) -> None:
        inner = QWidget()
        column = QVBoxLayout(inner)
        column.setContentsMargins(10, 8, 10, 10)
        column.setSpacing(10)
        for widget in (self.refusal, self.hint, self.select_here, self.same_for_all, *self._of_segment, self.project):
            column.addWidget(widget)
        column.addStretch(1)
        scroll = QScrollArea()
        scroll.setObjectName("inspectorScroll")
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setStyleSheet("#inspectorScroll { border: none; }")
        scroll.setWidgetResizable(True)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setWidget(inner)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(scroll)

    def _connect(self) -> None:
        session = self._session
        session.tell_of_all(self.refresh)
        session.selection_changed.connect(self._select)
        session.playhead_changed.connect(self._update_hint)
        self.editor.refused.connect(self._show_refusal)
        self.face.references_wanted.connect(self.references_wanted)
        self.select_here.clicked.connect(self._select_here)
        self.same_for_all.clicked.connect(self._give_all)

    @Slot()
    def _select(self) -> None:
        """Another segment: what was refused for the old one is forgotten."""
        tell(self.refusal, "")
        self.refresh()

    @Slot(str)
    def _show_refusal(self, sentence: str) -> None:
        tell(self.refusal, sentence)

    @Slot()
    def _update_hint(self) -> None:
        """What to do while nothing is selected, and what holds while several are."""
        session = self._session
        here = session.project.segment_at(session.playhead)
        self.select_here.setVisible(session.selected is None and here is not None)
        self.same_for_all.setVisible(self._several)
        tell(self.hint, "" if session.selected is not None and not self._several else self._hint())

    @property
    def _several(self) -> bool:
        return len(self._session.chosen) > 1

    def _hint(self) -> str:
        shown = self._session.selected
        if shown is not None:
            return (
                f"{len(self._session.chosen)} segments are selected: what you change holds for all of them. "
                f"Shown are the settings of {segment_name(shown)}."
            )
        segments = self._session.project.segments
        if segments is None and self._session.clip is not None:
            return (
                f"The whole clip is dubbed once there is a voice: choose one ({shortcut('open_voice')}), or drop it on "
                "the window. To dub parts of it, draw segments in the timeline."
            )
        if not segments:
            return "Nothing is dubbed yet: draw a segment in the timeline, or dub everything from the Edit menu."
        first = segments[0].range
        count = "1 segment" if len(segments) == 1 else f"{len(segments)} segments"
        begins = self._session.counting.format(first.start)
        return f"No segment is selected ({count}, the first at {begins}): click one in the timeline."

    @Slot()
    def _give_all(self) -> None:
        shown = self._session.selected
        if shown is not None:
            settings = {name: getattr(shown, name) for name in SEGMENT_FIELDS}
            self.editor.change_segment("Same settings", **settings)

    @Slot()
    def _select_here(self) -> None:
        here = self._session.project.segment_at(self._session.playhead)
        if here is not None:
            self._session.select(here.id)
