"""Whose mouth is dubbed, and the frame that shows the network what it looks like."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from PySide6.QtCore import QSignalBlocker, Qt, Signal, Slot
from PySide6.QtGui import QIcon, QPixmap
from PySide6.QtWidgets import QPushButton

from app.core.project import SEGMENT_FIELDS
from app.engine.faces.analysis import FaceAnalysis
from app.ui.kit.gesture import Gesture
from app.ui.kit.text import face_label
from app.ui.panels.inspector.edit_steps import Editor
from app.ui.panels.inspector.reference_strip import ReferenceStrip
from app.ui.panels.inspector.section import Section, choice, note, row, show_choice, tell

if TYPE_CHECKING:
    from app.workers.reference_thread import Proposals


class FaceSection(Section):
    """Face and reference frame of the selected segment."""

    references_wanted = Signal(int, object)
    """(face, Fraction or None: the time of the frame that the segment names)."""

    def __init__(self, editor: Editor) -> None:
        super().__init__("Face", "inspectorFace")
        self._editor = editor
        self._proposals: Proposals | None = None
        self._asked: tuple[object, ...] | None = None
        self._icons: dict[tuple[str, int], QIcon] = {}
        self.face = choice("segmentFace", SEGMENT_FIELDS["face"])
        self._gesture = Gesture(self.face)
        self.strip = ReferenceStrip()
        self.about = note("referenceNote")
        self.use_current = _button(
            "referenceUseCurrent",
            "Use current frame",
            "Take the frame at the playhead as reference; the face must be in it",
        )
        self.go = _button("referenceGo", "Go", "Move the playhead to the reference frame")
        self.add(SEGMENT_FIELDS["face"].label, self.face)
        self.add(SEGMENT_FIELDS["reference"].label, self.strip)
        self.add("", row(self.use_current, self.go))
        self.add_wide(self.about)
        self.face.currentIndexChanged.connect(self._set_face)
        self.strip.chosen.connect(self._set_reference)
        self.use_current.clicked.connect(self._use_current)
        self.go.clicked.connect(self._go)

    def refresh(self) -> None:
        """Shows the selected segment, and asks for proposals where there are none for its face."""
        segment = self._editor.segment
        if segment is None:
            return
        self._fill_faces(segment.face)
        self._ask()
        self.strip.show_proposals(self._fitting(), segment, self._editor.session.counting)
        self.go.setEnabled(segment.reference is not None)
        self.use_current.setEnabled(self._editor.session.analysis is not None)
        tell(self.about, self._about())

    def set_proposals(self, proposals: Proposals) -> None:
        """Reference frames were found; those of another clip are not shown."""
        self._proposals = proposals
        if proposals.best:
            pixmap = QPixmap.fromImage(proposals.best[0].image)
            self._icons[proposals.clip, proposals.face] = QIcon(pixmap)
        self.refresh()

    def _fitting(self) -> Proposals | None:
        """The proposals, where they are for the selected segment's face."""
        segment, clip, found = self._editor.segment, self._editor.session.clip, self._proposals
        if segment is None or clip is None or found is None:
            return None
        return found if (found.clip, found.face) == (clip.sha256, segment.face) else None

    def _ask(self) -> None:
        """Once for each face, named frame and analysis."""
        segment, session = self._editor.segment, self._editor.session
        if segment is None or session.clip is None or session.analysis is None:
            self._asked = None
            return
        if not 0 <= segment.face < session.analysis.face_count:
            return
        found = self._fitting()
        known = found is not None and (segment.reference is None or _shows(found, segment.reference))
        wish = (session.clip.sha256, id(session.analysis), segment.face, segment.reference)
        if wish != self._asked and not (known and self._asked is not None and self._asked[1] == wish[1]):
            self._asked = wish
            self.references_wanted.emit(segment.face, segment.reference)

    def _fill_faces(self, chosen: int) -> None:
        """The faces of the clip, and the chosen one even if it is not there."""
        analysis, clip = self._editor.session.analysis, self._editor.session.clip
        texts = face_texts(analysis, chosen)
        with QSignalBlocker(self.face):
            self.face.clear()
            for number, text in texts:
                icon = self._icons.get((clip.sha256 if clip else "", number), QIcon())
                self.face.addItem(icon, text, number)
        show_choice(self.face, chosen)

    def _about(self) -> str:
        """What there is to say of the reference."""
        segment, analysis = self._editor.segment, self._editor.session.analysis
        if segment is None:
            return ""
        if analysis is None:
            return "Reference frames are proposed when the faces of the clip are known."
        found = self._fitting()
        if found is None:
            known = 0 <= segment.face < analysis.face_count
            return "Looking for sharp, frontal frames…" if known else f"{face_label(segment.face)} is not in this clip."
        if not found.best:
            return f"{face_label(segment.face)} is nowhere clear enough for a reference."
        if segment.reference is None:
            return "Automatic: the best frames of the clip are taken, an open mouth and shut lips among them."
        return f"Reference frame at {self._editor.session.counting.format(segment.reference)}."

    @Slot()
    def _set_face(self) -> None:
        self._editor.change_segment(SEGMENT_FIELDS["face"].step, face=self.face.currentData())

    @Slot(object)
    def _set_reference(self, time: Fraction | None) -> None:
        self._editor.change_segment(SEGMENT_FIELDS["reference"].step, reference=time)

    @Slot()
    def _use_current(self) -> None:
        """The frame at the playhead, if it shows the face."""
        segment, session = self._editor.segment, self._editor.session
        if segment is None or session.clip is None or session.analysis is None:
            return
        index = session.clip.index_at(session.playhead)
        if session.analysis.points_at(segment.face, index) is None:
            self._editor.refuse(
                f"{face_label(segment.face)} is not in the frame at {session.counting.format(session.playhead)}: "
                "move the playhead to a frame that shows it."
            )
            return
        self._editor.change_segment(SEGMENT_FIELDS["reference"].step, reference=session.clip.time_of(index))

    @Slot()
    def _go(self) -> None:
        segment = self._editor.segment
        if segment is not None and segment.reference is not None:
            self._editor.session.set_playhead(segment.reference)


def face_texts(analysis: FaceAnalysis | None, chosen: int) -> list[tuple[int, str]]:
    """(number, text) of each face of the clip, and of the chosen one even where it is not there."""
    if analysis is None:
        return [(chosen, face_label(chosen))]
    texts = [
        (face, f"{face_label(face)} · {100 * float(analysis.presence(face).mean()):.0f} % of frames")
        for face in range(analysis.face_count)
    ]
    if chosen >= analysis.face_count:
        texts.append((chosen, f"{face_label(chosen)} · not in this clip"))
    return texts


def _shows(found: Proposals, time: Fraction) -> bool:
    """Whether there is a picture of that frame."""
    every = found.best if found.chosen is None else (*found.best, found.chosen)
    return any(proposal.time == time for proposal in every)


def _button(name: str, text: str, hint: str) -> QPushButton:
    button = QPushButton(text)
    button.setObjectName(name)
    button.setToolTip(hint)
    button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    return button
