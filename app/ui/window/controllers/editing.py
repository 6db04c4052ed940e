"""What actions do that are a panel's own: the commands of timeline and waveforms, whatever has the keyboard."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from app.core.timebase import TimeRange
from app.ui.panels.timeline.widget import Timeline
from app.ui.panels.waveform.view import WaveformView
from app.ui.session import Session


def edit_slots(session: Session, timeline: Timeline, waveform: WaveformView) -> dict[str, Callable[..., object]]:
    """The slots by the ids of actions."""
    history = {"undo": session.undo_stack.undo, "redo": session.undo_stack.redo}
    return history | timeline.cursor_commands.slots() | waveform.gestures.slots()


def marked_or_whole(session: Session) -> TimeRange:
    """From in to out; all of the clip where neither is marked. Empty without a clip."""
    whole = TimeRange(Fraction(0), Fraction(0)) if session.clip is None else session.clip.whole
    return session.marked or whole
