"""What was made from the keys, the colours or the text's size is made anew when the user chooses others."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal, Slot


class _Renewal(QObject):
    wanted = Signal()


_renewal = _Renewal()


class _Keeper(QObject):
    """Goes with its owner, and what it calls with it."""

    def __init__(self, owner: QObject, put: Callable[[], object]) -> None:
        super().__init__(owner)
        self._put = put
        _renewal.wanted.connect(self._again)

    @Slot()
    def _again(self) -> None:
        self._put()


def keep_current(owner: QObject, put: Callable[[], object]) -> None:
    """Calls `put` now, and whenever keys, colours or the text's size have changed, as long as `owner` is there."""
    put()
    _Keeper(owner, put)


def renew() -> None:
    """Keys, colours or the text's size have changed."""
    _renewal.wanted.emit()
