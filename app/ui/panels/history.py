"""The history panel: every step by its name, the one that stands now, and the one that was saved."""

from __future__ import annotations

import shiboken6
from PySide6.QtCore import QPoint, QRect, QSize, Qt, Slot
from PySide6.QtGui import QColor, QIcon, QIconEngine, QPainter, QPainterPath, QPixmap
from PySide6.QtWidgets import QLabel, QStackedLayout, QUndoView, QVBoxLayout, QWidget

from app.ui.kit import palette
from app.ui.kit.labels import empty_state, muted
from app.ui.session import Session

EMPTY = (
    "Nothing was changed yet.\n\n"
    "Every change becomes a step here. A click on a step goes back to it, and forward again."
)


class HistoryPanel(QWidget):
    """A list of the session's steps; choosing one undoes or redoes up to it."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("history")
        self._stack = session.undo_stack
        self._empty = empty_state(EMPTY, "history_empty", self)
        self._pages = QStackedLayout()
        self._pages.addWidget(self._empty)
        self._pages.addWidget(self._steps())
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(self._pages, 1)
        column.addWidget(self._legend())
        self._stack.indexChanged.connect(self._show_page)
        self._show_page()

    @property
    def is_empty(self) -> bool:
        """Whether the panel says that there is no step yet."""
        return self._pages.currentWidget() is self._empty

    def _steps(self) -> QUndoView:
        view = QUndoView(self._stack, self)
        view.setObjectName("history_steps")
        view.setAccessibleName("History")
        view.setAccessibleDescription("The steps of your work; up and down undo and redo.")
        view.setToolTip("Click a step to go back or forward to it (Ctrl+Z, Ctrl+Shift+Z)")
        view.setEmptyLabel("As it was opened")
        view.setCleanIcon(saved_sign())
        view.setUniformItemSizes(True)
        view.setStyleSheet(
            f"QUndoView::item:selected {{ background: {palette.SEGMENT_SELECTED}; color: {palette.TEXT}; }}"
        )  # the step that stands now, also while the keyboard is elsewhere
        return view

    def _legend(self) -> QLabel:
        """What the sign means."""
        self._saved = muted(QLabel(self))
        self._saved.setObjectName("history_saved")
        self._saved.setWordWrap(True)
        self._saved.setContentsMargins(8, 4, 8, 6)
        self._stack.cleanChanged.connect(self._show_page)
        return self._saved

    @Slot()
    def _show_page(self) -> None:
        """The steps, once there are some; and whether the present one is saved."""
        if not shiboken6.isValid(self._stack):
            return  # a stack tells its last change while it is being deleted
        self._pages.setCurrentIndex(0 if self._stack.count() == 0 else 1)
        self._saved.setVisible(self._stack.count() > 0)
        self._saved.setText(self._saved_text())

    def _saved_text(self) -> str:
        clean, index = self._stack.cleanIndex(), self._stack.index()
        if clean < 0:
            return "The saved version is none of these steps."
        if clean == index:
            return "This step is saved (✓)."
        steps, way = abs(index - clean), "after" if index > clean else "before"
        return f"{steps} {'step' if steps == 1 else 'steps'} {way} what is saved (✓)."


def saved_sign() -> QIcon:
    """A tick, beside the step that stands in the file."""
    return QIcon(_Tick())


class _Tick(QIconEngine):
    """Draws the tick at any scale; it looks the same on a selected row."""

    def paint(self, painter: QPainter, rect: QRect, _mode: QIcon.Mode, _state: QIcon.State) -> None:
        """Into `rect`, as the largest square in its middle."""
        side = min(rect.width(), rect.height())
        path = QPainterPath()
        path.moveTo(0.12, 0.52)
        path.lineTo(0.4, 0.8)
        path.lineTo(0.9, 0.2)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.translate(rect.center().x() + 0.5 - side / 2, rect.center().y() + 0.5 - side / 2)
        painter.scale(side, side)
        pen = painter.pen()
        pen.setColor(QColor(palette.TEXT))
        pen.setWidthF(0.14)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        painter.setPen(pen)
        painter.drawPath(path)
        painter.restore()

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        """For those who want pixels."""
        made = QPixmap(size)
        made.fill(Qt.GlobalColor.transparent)
        painter = QPainter(made)
        self.paint(painter, QRect(QPoint(0, 0), size), mode, state)
        painter.end()
        return made

    def clone(self) -> QIconEngine:
        """Qt copies engines with their icons."""
        return _Tick()
