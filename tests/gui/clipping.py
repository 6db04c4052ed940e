"""Finds text that is cut off: what a look at a screenshot would find."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractScrollArea,
    QComboBox,
    QDockWidget,
    QLabel,
    QMainWindow,
    QScrollArea,
    QTabBar,
    QToolButton,
    QWidget,
)

from app.ui.kit.line import Line


def clipped(root: QWidget) -> list[str]:
    """A line for each visible widget below `root` whose text is cut: labels unless a tooltip has it, buttons, tabs.

    So are widgets that their window cuts off, and panels that have to be scrolled sideways.
    """
    shown = [each for each in root.findChildren(QWidget) if each.isVisible() and each.window() is root.window()]
    shown = [each for each in shown if not _behind(each) and not _of_hidden_docks(each)]
    return [f"{_path(each)}: {why}" for each in shown for why in _faults(each)]


def _faults(widget: QWidget) -> Iterator[str]:
    if isinstance(widget, QLabel) and widget.text() and not widget.toolTip():
        yield from _label_faults(widget)
    if isinstance(widget, QAbstractButton) and _shows_text(widget) and _short(widget):
        yield f"{widget.text()!r} has {widget.size().toTuple()} and needs {_needed(widget).toTuple()}"
    if isinstance(widget, QTabBar):
        yield from (f"tab {widget.tabText(k)!r} is cut" for k in range(widget.count()) if _tab_cut(widget, k))
    if isinstance(widget, QComboBox) and not widget.toolTip() and _short(widget):
        yield f"{widget.currentText()!r} is cut"
    if isinstance(widget, QScrollArea) and widget.horizontalScrollBar().maximum() > 0:
        yield f"scrolls sideways by {widget.horizontalScrollBar().maximum()}"
    if _scroller(widget) is None and not _all_there(widget):
        yield f"only {widget.visibleRegion().boundingRect().size().toTuple()} of {widget.size().toTuple()} is there"


def _label_faults(label: QLabel) -> Iterator[str]:
    if isinstance(label, Line):
        if label.text() != label.full_text:
            yield f"{label.full_text!r} is cut and has no tooltip"
    elif label.wordWrap():
        if label.heightForWidth(label.width()) > label.height() + 1:
            yield f"{label.text()!r} is cut below"
    elif label.sizeHint().width() > label.width() + 1 or label.sizeHint().height() > label.height() + 1:
        yield f"{label.text()!r} has {label.size().toTuple()} and needs {label.sizeHint().toTuple()}"


def _shows_text(button: QAbstractButton) -> bool:
    icon_alone = isinstance(button, QToolButton) and not button.icon().isNull()
    return bool(button.text()) and not icon_alone


def _needed(widget: QWidget) -> QSize:
    if isinstance(widget, QToolButton):  # the size hint has room for a menu and a focus ring
        return widget.fontMetrics().size(Qt.TextFlag.TextShowMnemonic, widget.text())
    return widget.minimumSizeHint()


def _behind(widget: QWidget) -> bool:
    """Whether it lies in a dock that is behind another one."""
    each: QWidget | None = widget
    while each is not None and not isinstance(each, QDockWidget):
        each = each.parentWidget()
    return each is not None and each.visibleRegion().isEmpty()


def _of_hidden_docks(widget: QWidget) -> bool:
    """Whether it is the tabs of docks that are all hidden, which Qt keeps out of sight."""
    return (
        isinstance(widget, QTabBar)
        and isinstance(widget.parentWidget(), QMainWindow)
        and (widget.visibleRegion().isEmpty())
    )


def _short(widget: QWidget) -> bool:
    return _needed(widget).width() > widget.width() + 1


def _tab_cut(bar: QTabBar, number: int) -> bool:
    inside = bar.rect().contains(bar.tabRect(number))
    return not inside or bar.tabRect(number).width() < bar.fontMetrics().horizontalAdvance(bar.tabText(number))


def _scroller(widget: QWidget) -> QWidget | None:
    """The scroll area that it lies in; None where it lies in none."""
    parent = widget.parentWidget()
    while parent is not None and not isinstance(parent, QAbstractScrollArea):
        parent = parent.parentWidget()
    return parent


def _all_there(widget: QWidget) -> bool:
    """Whether its parents show all of it."""
    parent = widget.parentWidget()
    return parent is None or widget.isWindow() or parent.rect().contains(widget.geometry())


def _path(widget: QWidget) -> str:
    names = []
    each: QWidget | None = widget
    while each is not None:
        names.append(each.objectName() or type(each).__name__)
        each = each.parentWidget()
    return "/".join(reversed(names[:4]))
