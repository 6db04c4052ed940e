"""A layout like a line of text: as many widgets in a row as have room, the rest below."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QLayout, QLayoutItem, QWidget


class FlowLayout(QLayout):
    """Lays widgets out from left to right and breaks the row where the width ends."""

    def __init__(self, parent: QWidget | None = None, spacing: int = 6) -> None:
        super().__init__(parent)
        self._items: list[QLayoutItem] = []
        self._space = spacing
        self.setContentsMargins(0, 0, 0, 0)

    def addItem(self, item: QLayoutItem) -> None:  # noqa: N802
        """Takes an item in at the end."""
        self._items.append(item)

    def count(self) -> int:
        """How many items the layout holds."""
        return len(self._items)

    def itemAt(self, index: int) -> QLayoutItem | None:  # type: ignore[override]  # noqa: N802
        """The item at a place; None beyond the last, which is how Qt finds the end."""
        return self._items[index] if 0 <= index < len(self._items) else None

    def takeAt(self, index: int) -> QLayoutItem | None:  # type: ignore[override]  # noqa: N802
        """Takes an item out."""
        return self._items.pop(index) if 0 <= index < len(self._items) else None

    def expandingDirections(self) -> Qt.Orientation:  # noqa: N802
        """It does not want to grow in either direction."""
        return Qt.Orientation(0)

    def hasHeightForWidth(self) -> bool:  # noqa: N802
        """A narrower layout needs more lines, so is higher."""
        return True

    def heightForWidth(self, width: int) -> int:  # noqa: N802
        """Height of all rows at that width."""
        return self._place(QRect(0, 0, width, 0), move=False)

    def setGeometry(self, area: QRect) -> None:  # noqa: N802
        """Moves every widget to its place."""
        super().setGeometry(area)
        self._place(area, move=True)

    def sizeHint(self) -> QSize:  # noqa: N802
        """As small as may be."""
        return self.minimumSize()

    def minimumSize(self) -> QSize:  # noqa: N802
        """The widest item's width, the highest one's height."""
        size = QSize()
        for item in self._items:
            size = size.expandedTo(item.minimumSize())
        return size

    def _place(self, area: QRect, move: bool) -> int:
        """Puts row below row, widgets of a row on one middle line; returns the height of all."""
        y = area.top()
        for row in self._rows(area.width()):
            height = max(item.sizeHint().height() for item in row)
            x = area.left()
            for item in row:
                hint = item.sizeHint()
                if move:
                    size = QSize(min(hint.width(), area.width()), hint.height())
                    item.setGeometry(QRect(QPoint(x, y + (height - hint.height()) // 2), size))
                x += hint.width() + self._space
            y += height + self._space
        return max(0, y - self._space - area.top())

    def _rows(self, width: int) -> list[list[QLayoutItem]]:
        """The items that are shown, broken into rows of at most `width` pixels, at least one in each."""
        rows: list[list[QLayoutItem]] = []
        used = 0
        for item in self._items:
            if item.isEmpty():
                continue
            wide = item.sizeHint().width()
            if not rows or used + self._space + wide > width:
                rows.append([item])
                used = wide
            else:
                rows[-1].append(item)
                used += self._space + wide
        return rows


class Flow(QWidget):
    """A widget as high as the rows of its `flow` at its width.

    For places in a scroll area, which asks for the least height without telling the width.
    """

    def __init__(self, parent: QWidget | None = None, spacing: int = 6) -> None:
        super().__init__(parent)
        self.flow = FlowLayout(self, spacing)

    def hasHeightForWidth(self) -> bool:  # noqa: N802
        """It sets its height itself."""
        return False

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """Another width, other rows."""
        super().resizeEvent(event)
        self.fit()

    def fit(self) -> None:
        """As high as its rows are now."""
        self.setFixedHeight(self.flow.heightForWidth(max(1, self.width())))
