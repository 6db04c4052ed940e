"""What the timeline says: tooltips, and sentences for screen readers."""

from __future__ import annotations

from fractions import Fraction

from app.core.project import Segment
from app.core.text import offset_text
from app.ui.actions import shortcut
from app.ui.kit.text import face_label, heard_text, segment_label
from app.ui.panels.timeline.paint_tools import STATE_TEXT
from app.ui.panels.timeline.scene import STATES, Hit, Scene

MOST_TOLD = 3
"""How many selected segments a screen reader is told of one by one."""


def describe_hit(scene: Scene, hit: Hit) -> str:
    """The tooltip of what lies under the cursor; empty where there is nothing to say."""
    if hit.kind == "marker":
        marker = scene.project.markers[hit.index]
        return (
            f"{marker.note or 'Marker without a note'}\n{_timecode(scene, marker.time)} · double-click edits the note"
        )
    if hit.kind == "faceless":
        return _faceless(scene, hit)
    if hit.kind == "strip":
        return _strip(scene, hit)
    if hit.id is not None:
        return _segment_hit(scene, hit)
    return _help(hit.kind)


def _help(kind: str) -> str:
    """What can be done with a place where nothing of the project lies."""
    marks = f"{shortcut('mark_in')} and {shortcut('mark_out')}"
    return {
        "ruler": "Click or drag to scrub; Ctrl + wheel zooms at the cursor",
        "marks": f"Markers and the range from in to out: {shortcut('marker')} adds a marker, {marks} set the range",
        "in": f"In point: drag it, or press {shortcut('mark_in')} at the playhead",
        "out": f"Out point: drag it, or press {shortcut('mark_out')} at the playhead",
        "room": "Drag to draw a segment that is dubbed; Ctrl + drag selects the segments it encloses",
        "original": "The clip's own sound; dimmed where it will not be heard in full",
        "voice": "The new voice: drag it to move it; Ctrl + drag moves it for the segment under the cursor alone",
    }.get(kind, "")


def _faceless(scene: Scene, hit: Hit) -> str:
    span = None if scene.faces is None else scene.faces.faceless_at(float(hit.time))
    if span is None or scene.faces is None:
        return ""
    times = f"{_timecode(scene, span.start_time)} to {_timecode(scene, span.stop_time)}"
    why = "no face at all" if span.reason == "no face" else "other faces only"
    return f"{face_label(scene.faces.face)} is not here: {why}\n{times} · click to go there"


def _strip(scene: Scene, hit: Hit) -> str:
    seconds = float(hit.time)
    for state in reversed(STATES):
        here = scene.strip.states[state].visible(seconds, seconds + 1e-6)
        if here.stop > here.start:
            return STATE_TEXT[state].capitalize()
    return "Not dubbed: shown as it was filmed"


def _segment_hit(scene: Scene, hit: Hit) -> str:
    number = next((n for n, segment in enumerate(scene.table.segments) if segment.id == hit.id), None)
    if number is None:
        return ""
    told = describe_segment(scene, scene.table.segments[number])
    if hit.kind in ("start", "stop"):
        return f"{told}\nDrag the edge to trim"
    keys = f"{shortcut('split')} splits, {shortcut('delete')} deletes"
    return f"{told}\nDrag to move, {keys}; Ctrl or Shift + click selects several"


def describe_segment(scene: Scene, segment: Segment) -> str:
    """A segment in two lines."""
    span = segment.range
    first = segment_label(segment, scene.table.implied)
    state = scene.strip.state_of(span)
    parts = [f"{_timecode(scene, span.start)} to {_timecode(scene, span.stop)}", _timecode(scene, span.duration)]
    parts += [] if state is None else [STATE_TEXT[state]]
    parts += [] if segment.own_voice is None else [heard_text(segment)]
    parts += [] if segment.offset is None else [f"voice at {offset_text(segment.offset)}"]
    return f"{first}\n{' · '.join(parts)}"


def describe_selection(scene: Scene | None) -> str:
    """What a screen reader says of the timeline."""
    if scene is None:
        return "No video is open."
    chosen = [
        describe_segment(scene, segment).replace("\n", ", ")
        for segment in scene.table.segments
        if segment.id in scene.chosen
    ]
    count = len(scene.table.segments)
    told = f"{len(chosen)} of them: " if len(chosen) > 1 else ""
    selected = f"Selected: {told}{'; '.join(chosen[:MOST_TOLD])}." if chosen else "None selected."
    return f"{count} segment{'' if count == 1 else 's'}. {selected}"


def _timecode(scene: Scene, time: Fraction) -> str:
    return scene.ticks.counting.format(time)
