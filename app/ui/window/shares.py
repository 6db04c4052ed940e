"""What share of the window each dock has: it keeps it when the window shrinks, and has it back when it grows."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDockWidget, QMainWindow

_ACROSS, _DOWN = Qt.Orientation.Horizontal, Qt.Orientation.Vertical


class Share(msgspec.Struct, frozen=True):
    """Of the window's width and height; 0 leaves it to the layout."""

    width: float = 0.0
    height: float = 0.0


class Shares:
    """Of the docks of one window that are in sight."""

    def __init__(self, window: QMainWindow) -> None:
        self._window = window
        self._shares: dict[str, Share] = {}

    def begin(self, shares: dict[str, Share]) -> None:
        """Docks by their titles have these from now on."""
        self._shares = dict(shares)
        self.apply()

    @property
    def shares(self) -> dict[str, Share]:
        """Of docks by their titles, as they are meant."""
        return dict(self._shares)

    def take(self, docks: Iterable[QDockWidget]) -> None:
        """The user has sized the docks: as they are now is how they are meant."""
        across, down = self._window.width(), self._window.height()
        self._shares = {
            dock.windowTitle(): Share(dock.width() / across, dock.height() / down)
            for dock in docks
            if not dock.isFloating() and not dock.visibleRegion().isEmpty()
        }

    def apply(self) -> None:
        """Sizes the docks for the window as it is now."""
        docks = {dock.windowTitle(): dock for dock in self._window.findChildren(QDockWidget)}
        for orientation, whole in ((_ACROSS, self._window.width()), (_DOWN, self._window.height())):
            sized = {
                docks[title]: round(whole * (share.width if orientation is _ACROSS else share.height))
                for title, share in self._shares.items()
                if title in docks and not docks[title].isFloating()
            }
            known = {dock: size for dock, size in sized.items() if size > 0}
            self._window.resizeDocks(list(known), list(known.values()), orientation)


def usual_shares(width: int, height: int, line: int) -> dict[str, Share]:
    """For a window of that size in pixels, with text `line` pixels high.

    No more room than the panels make use of, and no less than their tabs and fields need.
    """
    return {
        "Timeline": Share(height=min(0.38, 24 * line / height)),
        "Jobs": Share(width=max(13 * line, min(0.19 * width, 17 * line)) / width),
        "Inspector": Share(width=max(16 * line, min(0.28 * width, 29 * line)) / width),
    }
