"""One line of text that is cut where there is no room."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

LEAST = 4
"""Letters, the ellipsis among them, below which a line rather shows nothing."""


class Line(QLabel):
    """Is cut with an ellipsis where there is no room; all of it is in the tooltip then."""

    def __init__(
        self,
        parent: QWidget | None = None,
        policy: QSizePolicy.Policy = QSizePolicy.Policy.Ignored,
        tip: str = "",
        widest: str = "",
    ) -> None:
        """`policy`: how it takes width, from none of its own to all that its text needs. `tip`: a tooltip besides.

        `widest`: text that it has room for, so that its neighbours do not move when its own changes.
        """
        super().__init__(parent)
        self._full, self._tip, self._widest = "", tip, widest
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(policy, QSizePolicy.Policy.Fixed)
        self.setToolTip(tip)

    @property
    def full_text(self) -> str:
        """The whole text, also where an ellipsis stands for its end."""
        return self._full

    def set_full_text(self, text: str) -> None:
        """Shows as much of it as fits."""
        if text != self._full:
            self._full = text
            self.setAccessibleName(text)
            self.updateGeometry()
            self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """Another width, another cut."""
        super().resizeEvent(event)
        self._fit()

    def sizeHint(self) -> QSize:  # noqa: N802
        """Room for all of the text."""
        hint, metrics = super().sizeHint(), self.fontMetrics()
        around = hint.width() - metrics.horizontalAdvance(self.text())
        text = max(metrics.horizontalAdvance(self._full), metrics.horizontalAdvance(self._widest))
        return QSize(text + max(0, around) + 1, hint.height())

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        """May become as narrow as its place."""
        return QSize(0, super().minimumSizeHint().height())

    def _fit(self) -> None:
        cut = self.fontMetrics().elidedText(self._full, Qt.TextElideMode.ElideRight, self.contentsRect().width())
        if len(cut) < LEAST < len(self._full):
            cut = ""  # a letter or two say nothing
        self.setText(cut)
        shown = [text for text in (self._full if cut != self._full else "", self._tip) if text]
        self.setToolTip("\n".join(shown))
