"""A thread that works on the clip that is open, and whose answers on an earlier one are not told any more."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QObject, QThread, Signal, Slot

from app.workers.mailbox import Mailbox


class ClipThread(QThread):
    """Reads its mail until it is told to stop. The GUI thread numbers the clips; the thread says of which one it tells.

    A picture that waits in the GUI thread's queue when another clip is set would otherwise be taken for one of it.
    """

    _made = Signal(int, object, tuple)
    """(number of the clip, the signal to pass on, what it carries)"""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._mail = Mailbox()
        self._opened, self._clip_number = 0, 0
        self._made.connect(self._pass_on)

    def stop(self) -> None:
        """Ends the thread and waits for it, at most for what one frame takes."""
        self._mail.post("stop", True)
        self.wait()

    def _number_clip(self) -> int:
        """On the GUI thread: another clip is to be opened; its number."""
        self._opened += 1
        return self._opened

    def _tell(self, signal: Any, *content: object) -> None:
        """In the thread: emits `signal` on the GUI thread, unless another clip is open there by then."""
        self._made.emit(self._clip_number, signal, content)

    @Slot(int, object, tuple)
    def _pass_on(self, number: int, signal: Any, content: tuple[object, ...]) -> None:
        if number == self._opened:
            signal.emit(*content)
