"""The panel of what a person should look at: dubbed stretches without the face, or with an uncertain one."""

from __future__ import annotations

from fractions import Fraction

from PySide6.QtCore import QSignalBlocker, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QColor, QShowEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStackedLayout,
    QTreeWidget,
    QTreeWidgetItem,
    QWidget,
)

from app.core import edits
from app.engine.faces.doubts import Doubt, doubts_of
from app.ui.kit import palette
from app.ui.kit.labels import empty_state
from app.ui.kit.renewal import keep_current
from app.ui.kit.text import face_label
from app.ui.session import Session

TEXT = {"no face": "No face", "other faces only": "Others only", "uncertain": "Uncertain"} | {"weak fit": "Weak fit"}
MEANING = {
    "no face": "no face is seen here, so the picture stays as it was filmed",
    "other faces only": "only other faces are seen here, so the picture stays as it was filmed",
    "uncertain": "the face was guessed from the frames around, or hardly found: look at the mouth",
    "weak fit": "the weights do not know this face well: look whether the mouth follows the voice",
}
SERIOUS = ("no face", "other faces only")
"""Kinds in the colour of errors, the others in that of warnings; as in the timeline's face band."""
UNKNOWN = "Stretches to look at appear here when the faces of the clip are known."
NOTHING = "Nothing to check.\n\nThe face is found with certainty in every frame that is dubbed."
WAIT_MS = 150
"""A drag changes the project at every move; the list waits for its end."""
_DOUBT = int(Qt.ItemDataRole.UserRole)


def doubts_of_session(session: Session) -> tuple[Doubt, ...]:
    """What of the dub is to be looked at; nothing before the faces are known."""
    if session.clip is None or session.analysis is None:
        return ()
    segments = edits.spell_out(session.project, session.clip.whole).segments or ()
    first = {segment.face: segment.range for segment in reversed(segments)}
    weak = (
        Doubt(first[face], face, "weak fit") for face, fit in session.fits.items() if fit.doubtful and face in first
    )
    return (*weak, *doubts_of(segments, session.analysis))


class ChecksPanel(QWidget):
    """A list of doubts; choosing one goes there."""

    chosen = Signal(object)
    """Fraction: seconds of the clip to go to."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("checks")
        self._session = session
        self._list, self._empty = self._make_list(), empty_state(UNKNOWN, "checks_empty", self)
        self._pages = QStackedLayout(self)
        self._pages.addWidget(self._empty)
        self._pages.addWidget(self._list)
        self._wait = QTimer(self)
        self._wait.setSingleShot(True)
        self._wait.setInterval(WAIT_MS)
        self._wait.timeout.connect(self.refresh)
        self._stale = True
        session.tell_of_all(self._changed)
        keep_current(self, self._changed)
        session.fits_changed.connect(self._changed)

    def _make_list(self) -> QTreeWidget:
        made = QTreeWidget(self)
        made.setObjectName("checks_list")
        made.setAccessibleName("Stretches to check")
        made.setToolTip("A click goes there (P goes to the next one)")
        made.setHeaderLabels(["Where", "What", "Frames", "Face"])
        made.setRootIsDecorated(False)
        made.setUniformRowHeights(True)
        made.setAllColumnsShowFocus(True)
        made.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        made.header().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        made.currentItemChanged.connect(self._go)
        made.itemClicked.connect(self._go)  # also on the one that is current already
        return made

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802
        """What changed while the panel was out of sight is shown now."""
        super().showEvent(event)
        if self._stale:
            self.refresh()

    @Slot()
    def _changed(self) -> None:
        self._stale = True
        if self.isVisible():
            self._wait.start()

    @Slot()
    def refresh(self) -> None:
        """Lists the doubts as they are now."""
        self._stale = False
        doubts, old = doubts_of_session(self._session), self._list.currentItem()
        was = None if old is None else old.data(0, _DOUBT)
        with QSignalBlocker(self._list):
            self._list.clear()
            items = [self._item(doubt) for doubt in doubts]
            self._list.addTopLevelItems(items)
            self._list.setCurrentItem(next((item for item in items if item.data(0, _DOUBT) == was), None))  # type: ignore[arg-type]
        analysis = self._session.analysis
        self._list.setColumnHidden(3, analysis is not None and analysis.face_count < 2)
        self._empty.setText(UNKNOWN if analysis is None else NOTHING)
        self._pages.setCurrentWidget(self._list if doubts else self._empty)

    def _item(self, doubt: Doubt) -> QTreeWidgetItem:
        counting, span = self._session.counting, doubt.range
        frames = round(span.duration * counting.fps)
        item = QTreeWidgetItem([counting.format(span.start), TEXT[doubt.kind], str(frames), str(doubt.face + 1)])
        item.setData(0, _DOUBT, doubt)
        item.setForeground(1, QColor(palette.ERROR if doubt.kind in SERIOUS else palette.WARNING))
        where = f"{face_label(doubt.face)}, {counting.format(span.start)} to {counting.format(span.stop)}"
        fit = self._session.fits.get(doubt.face)
        meaning = fit.sentence if fit is not None and doubt.kind == "weak fit" else f"{MEANING[doubt.kind]}."
        told = f"{where}: {meaning} A click goes there."
        for column in range(4):
            item.setToolTip(column, told)
        item.setData(0, Qt.ItemDataRole.AccessibleTextRole, told)
        return item

    @Slot(QTreeWidgetItem)
    def _go(self, item: QTreeWidgetItem | None) -> None:
        doubt = None if item is None else item.data(0, _DOUBT)
        if doubt is not None:
            time: Fraction = doubt.range.start
            self.chosen.emit(time)
