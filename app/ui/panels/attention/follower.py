"""Which map or sources belong to the playhead: asks for them as the playhead moves, and keeps what was computed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Signal, Slot

from app.engine.dub.source_look import SOURCE
from app.ui.panels.attention.availability import Wanted, wanted
from app.ui.panels.attention.style import LAYERS, layer_text
from app.ui.session import Session

if TYPE_CHECKING:
    from app.engine.dub.attention_picture import Look
    from app.engine.dub.source_look import SourceLook
    from app.workers.render_thread import AttentionResult

_OFF = (
    "Attention is off, and no map is computed. Switch it on to see where the network looks for each patch of the face, "
    "and where it fetches each pixel."
)


class Follower(QObject):
    """Off at first; while it is off, it asks for nothing and keeps nothing."""

    changed = Signal()
    """What there is to show is another."""
    asks = Signal(int, int, str)
    """(segment's id, frame's number, layer): compute this map."""
    _asking = Signal()

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.on, self.layer = False, LAYERS[-1]
        self.fresh = False
        """Whether `result` is what belongs to the playhead."""
        self.result: AttentionResult | None = None
        self.fetches: bool | None = None
        """Whether the project's weights fetch pixels; None until a result told."""
        self._session = session
        self._wanted: Wanted | str = ""
        self._asked = False
        self._weights = session.project.weights
        for signal in (session.playhead_changed, session.changed, session.clip_changed, session.voice_changed):
            signal.connect(self._follow)
        session.analysis_changed.connect(self._follow)
        session.reset.connect(self._forget)
        # later, when all others know of the change too, and once for several changes
        self._asking.connect(self._ask, Qt.ConnectionType.QueuedConnection)

    @property
    def seen(self) -> Look | SourceLook | None:
        """What there is to show, fresh or not."""
        return None if self.result is None else self.result.seen

    @property
    def sentence(self) -> str:
        """Why there is no map."""
        if not self.on:
            return _OFF
        if isinstance(self._wanted, str):
            return self._wanted
        if self.result is not None and self.result.problem:
            return self.result.problem
        if self.layer == SOURCE:
            return "Where the pixels come from is being computed…"
        return f"The map of {layer_text(self.layer)} is being computed…"

    def set_on(self, on: bool) -> None:
        """Begins or ends to ask."""
        self.on = on
        self._forget()

    def set_layer(self, layer: str) -> None:
        """Another layer, or `SOURCE`, is of interest."""
        self.layer = layer
        self._follow()

    def take(self, result: AttentionResult) -> None:
        """A map that was computed, or why it could not be; an older wish's map is better than none."""
        if not self.on or isinstance(self._wanted, str):
            return
        fresh = self._asked and _belongs(result, self._wanted)
        if fresh and result.fetches is not None:
            self.fetches = result.fetches
        if fresh or (result.seen is not None and not self.fresh):
            self.result, self.fresh = result, fresh
            self.changed.emit()

    @Slot()
    def _forget(self) -> None:
        """Starts over: switched, or another document."""
        self.result, self._wanted, self.fresh = None, "", False
        self._follow()
        self.changed.emit()

    @Slot()
    def _follow(self) -> None:
        """Asks for the map that belongs to the playhead, where it is not the one asked for last."""
        want = wanted(self._session, self.layer) if self.on else ""
        weights = self._session.project.weights
        if want == self._wanted and weights == self._weights:
            return
        if weights != self._weights:
            self._weights, self.fetches = weights, None
        self._wanted, self.fresh, self._asked = want, False, False
        if isinstance(want, str) or self.seen is None:
            self.result = None
        self.changed.emit()
        self._asking.emit()

    @Slot()
    def _ask(self) -> None:
        """Asks for what is wanted by now."""
        want = self._wanted
        if isinstance(want, Wanted) and not self._asked:
            self._asked = True
            self.asks.emit(want.segment, want.index, want.layer)


def _belongs(result: AttentionResult, want: Wanted) -> bool:
    """Whether a result is the one that was asked for last."""
    return (result.segment_id, result.index, result.layer) == (want.segment, want.index, want.layer)
