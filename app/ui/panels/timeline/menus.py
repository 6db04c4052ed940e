"""The context menu of every object on the timeline."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Protocol

from PySide6.QtGui import QActionGroup
from PySide6.QtWidgets import QMenu, QWidget

from app.core.project import Project, Segment
from app.core.timebase import TimeRange
from app.ui.kit.text import face_label
from app.ui.panels.timeline.commands import Commands
from app.ui.panels.timeline.scene import Hit, Scene, SoundLane
from app.ui.session import Session


class MenuHost(Protocol):
    """What menus need beyond the edits: the timeline itself."""

    @property
    def session(self) -> Session:
        """What is open."""
        ...

    @property
    def commands(self) -> Commands:
        """The edits."""
        ...

    @property
    def snapping(self) -> bool:
        """Whether drags snap."""
        ...

    def go(self, time: Fraction) -> None:
        """Moves the playhead."""
        ...

    def edit_note(self, index: int) -> None:
        """Asks for a marker's note."""
        ...

    def zoom_in(self) -> None:
        """A step closer."""
        ...

    def zoom_out(self) -> None:
        """A step further away."""
        ...

    def fit(self) -> None:
        """Shows all."""
        ...

    def toggle_snapping(self, on: bool) -> None:
        """Switches snapping."""
        ...

    def ask_offset(self) -> None:
        """Asks for a proposal of the voice's offset."""
        ...

    def ask_render(self, span: TimeRange) -> None:
        """Asks for a range to be rendered."""
        ...

    def ask_retry(self) -> None:
        """Asks for what failed to be tried again."""
        ...


def build_menu(parent: QWidget, host: MenuHost, scene: Scene, hit: Hit) -> QMenu:
    """The menu of what lies under a point."""
    menu = QMenu(parent)
    menu.setObjectName("timelineMenu")
    segment = None if hit.id is None else next((s for s in scene.table.segments if s.id == hit.id), None)
    if segment is not None:
        _segment(menu, host, scene, hit, segment)
    elif hit.kind == "marker":
        _marker(menu, host, scene, hit)
    elif hit.kind in ("video", "faceless", "room"):
        _room(menu, host, scene, hit)
    elif hit.kind in ("original", "voice"):
        _sound(menu, host, scene, hit, "original" if hit.kind == "original" else "voice")
    elif hit.kind == "strip":
        _strip(menu, host, scene, hit)
    else:
        _ruler(menu, host, scene, hit)
    return menu


def _add(menu: QMenu, text: str, slot: Callable[[], object], key: str = "", enabled: bool = True) -> None:
    """An item whose key is shown at the right; the key itself is the window's."""
    action = menu.addAction(f"{text}\t{key}" if key else text)
    action.setEnabled(enabled)
    action.triggered.connect(lambda _checked=False: slot())


def _toggle(menu: QMenu, text: str, on: bool, slot: Callable[[bool], object], key: str = "") -> None:
    action = menu.addAction(f"{text}\t{key}" if key else text)
    action.setCheckable(True)
    action.setChecked(on)
    action.triggered.connect(slot)


def _segment(menu: QMenu, host: MenuHost, scene: Scene, hit: Hit, segment: Segment) -> None:
    commands, id, playhead = host.commands, segment.id, scene.playhead
    inside = segment.range.start < playhead < segment.range.stop
    _add(menu, "Split at the playhead", lambda: commands.split(playhead, id), "S", inside)
    here = scene.clip.time_of(scene.clip.index_at(hit.time))
    _add(menu, "Split here", lambda: commands.split(here, id), enabled=segment.range.start < here)
    _add(menu, "Delete segment", lambda: commands.delete(id), "Del")
    menu.addSeparator()
    _add(menu, "Dub this range only", lambda: commands.only(id), enabled=len(scene.table.segments) > 1)
    _toggle(menu, "Dub the picture here", segment.strength > 0, lambda on: commands.enable(id, on))
    _add(menu, "Set in and out to this range", lambda: commands.mark_segment(segment))
    menu.addSeparator()
    _faces(menu, host, segment, scene.face_count)
    _add(menu, "Use current frame as reference", lambda: commands.set_reference(id, playhead))
    automatic = segment.reference is None
    _add(menu, "Choose the reference automatically", lambda: commands.set_reference(id, None), enabled=not automatic)
    _add(menu, "Reset voice offset", lambda: commands.reset_offset(id), enabled=segment.offset is not None)
    menu.addSeparator()
    _add(menu, "Go to start", lambda: host.go(segment.range.start))
    _add(menu, "Go to end", lambda: host.go(segment.range.stop - 1 / scene.clip.fps))


def _faces(menu: QMenu, host: MenuHost, segment: Segment, count: int) -> None:
    """Whose mouth is dubbed."""
    faces = menu.addMenu("Face")
    faces.setObjectName("timelineFaces")
    group = QActionGroup(faces)
    for face in range(max(count, segment.face + 1)):
        action = faces.addAction(face_label(face))
        action.setCheckable(True)
        action.setChecked(face == segment.face)
        action.triggered.connect(lambda _checked=False, face=face: host.commands.set_face(segment.id, face))
        group.addAction(action)


def _room(menu: QMenu, host: MenuHost, scene: Scene, hit: Hit) -> None:
    """Where a segment may be added."""
    commands, marked = host.commands, host.session.marked
    free = scene.table.at(float(hit.time)) is None
    _add(menu, "Add segment here", lambda: commands.add_here(hit.time), enabled=free)
    _add(menu, "Dub from in to out", commands.dub_marked, "D", marked is not None)
    _add(menu, "Dub all", commands.dub_all, "Ctrl+D")
    menu.addSeparator()
    faceless = None if scene.faces is None else scene.faces.faceless_at(float(hit.time))
    if faceless is not None:
        _add(menu, "Go to the first frame without the face", lambda: host.go(faceless.start_time))
    _add(menu, "Move the playhead here", lambda: host.go(hit.time))
    _add(menu, "Add marker here", lambda: commands.add_marker(_frame(scene, hit)))


def _marker(menu: QMenu, host: MenuHost, scene: Scene, hit: Hit) -> None:
    marker = scene.project.markers[hit.index]
    _add(menu, "Edit note…", lambda: host.edit_note(hit.index))
    _add(menu, "Delete marker", lambda: host.commands.remove_marker(hit.index))
    menu.addSeparator()
    _add(menu, "Move the playhead here", lambda: host.go(marker.time))


def _sound(menu: QMenu, host: MenuHost, scene: Scene, hit: Hit, sound: SoundLane) -> None:
    commands, project = host.commands, scene.project
    if sound == "voice":
        _voice(menu, host, scene, hit)
    mix = project.original_mix if sound == "original" else project.voice_mix
    _toggle(menu, "Mute", mix.mute, lambda on: commands.set_sound(sound, mute=on))
    _toggle(menu, "Solo", mix.solo, lambda on: commands.set_sound(sound, solo=on))


def _voice(menu: QMenu, host: MenuHost, scene: Scene, hit: Hit) -> None:
    commands, there = host.commands, scene.voice_seconds is not None
    number = scene.table.at(float(hit.time))
    own = None if number is None or scene.table.segments[number].offset is None else scene.table.segments[number].id
    _add(menu, "Reset offset", lambda: commands.reset_offset(None), enabled=scene.project.offset != 0)
    _add(menu, "Reset this segment's own offset", lambda: commands.reset_offset(own), enabled=own is not None)
    _add(menu, "Begin at the playhead", lambda: commands.voice_at(scene.playhead), enabled=there)
    _add(menu, "Propose offset…", host.ask_offset, enabled=there and scene.clip.has_sound)
    menu.addSeparator()


def _strip(menu: QMenu, host: MenuHost, scene: Scene, hit: Hit) -> None:
    """What renders: the segment here, or all that is marked."""
    number = scene.table.at(float(hit.time))
    span = None if number is None else scene.table.segments[number].range
    marked = host.session.marked
    failed = span is not None and scene.strip.overlaps("failed", span)
    _add(menu, "Render this segment", lambda: span and host.ask_render(span), enabled=span is not None)
    _add(menu, "Render from in to out", lambda: marked and host.ask_render(marked), enabled=marked is not None)
    _add(menu, "Render all", lambda: host.ask_render(scene.clip.whole))
    _add(menu, "Try again what failed", host.ask_retry, enabled=failed)


def _ruler(menu: QMenu, host: MenuHost, scene: Scene, hit: Hit) -> None:
    commands, project, here = host.commands, scene.project, _frame(scene, hit)
    _add(menu, "Set in here", lambda: commands.set_in(here), "I")
    _add(menu, "Set out here", lambda: commands.set_out(here), "O")
    _add(menu, "Clear in and out", commands.clear_marks, "G", _marks_set(project))
    _add(menu, "Add marker here", lambda: commands.add_marker(here), "M")
    _add(menu, "Move the playhead here", lambda: host.go(here))
    menu.addSeparator()
    _add(menu, "Zoom in", host.zoom_in, "+")
    _add(menu, "Zoom out", host.zoom_out, "-")
    _add(menu, "Show all", host.fit, "\\")
    _toggle(menu, "Snapping", host.snapping, host.toggle_snapping, "N")


def _marks_set(project: Project) -> bool:
    return project.mark_in is not None or project.mark_out is not None


def _frame(scene: Scene, hit: Hit) -> Fraction:
    """The time of the frame under the cursor."""
    return scene.clip.time_of(scene.clip.index_at(hit.time))
