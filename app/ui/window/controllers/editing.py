"""What the actions of the Edit menu do: the timeline's and the waveforms' own commands, whatever has the keyboard."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from app.core.timebase import TimeRange
from app.ui.panels.timeline.widget import Timeline
from app.ui.panels.waveform.view import WaveformView
from app.ui.session import Session


def edit_slots(session: Session, timeline: Timeline, waveform: WaveformView) -> dict[str, Callable[..., object]]:
    """The slots by the ids of actions."""
    return {
        "undo": session.undo_stack.undo,
        "redo": session.undo_stack.redo,
        "split": timeline.split,
        "trim_start": timeline.trim_start,
        "trim_stop": timeline.trim_stop,
        "segment_earlier": timeline.nudge_earlier,
        "segment_later": timeline.nudge_later,
        "previous_segment": timeline.previous_segment,
        "next_segment": timeline.next_segment,
        "delete": timeline.delete_selected,
        "dub_range": timeline.commands.dub_marked,
        "dub_all": timeline.commands.dub_all,
        "marker": timeline.add_marker,
        "mark_in": timeline.set_in,
        "mark_out": timeline.set_out,
        "clear_marks": timeline.clear_marks,
        "voice_earlier": lambda: waveform.gestures.nudge(-1),
        "voice_later": lambda: waveform.gestures.nudge(1),
        "voice_earlier_fine": lambda: waveform.gestures.nudge(-1, fine=True),
        "voice_later_fine": lambda: waveform.gestures.nudge(1, fine=True),
    }


def marked_or_whole(session: Session) -> TimeRange:
    """From in to out; all of the clip where neither is marked. Empty without a clip."""
    whole = TimeRange(Fraction(0), Fraction(0)) if session.clip is None else session.clip.whole
    return session.marked or whole
