"""The context menu of every object on the timeline."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import partial

from PySide6.QtCore import QObject, QPointF, Qt, Signal, Slot
from PySide6.QtGui import QActionGroup, QContextMenuEvent
from PySide6.QtWidgets import QMenu

from app.core.project import Project, Segment
from app.ui.actions import key_text, keys_of
from app.ui.kit.text import face_label
from app.ui.panels.timeline.commands import Commands, segments_text
from app.ui.panels.timeline.cursor_commands import CursorCommands
from app.ui.panels.timeline.hit_testing import hit_test
from app.ui.panels.timeline.playhead import Playhead
from app.ui.panels.timeline.pointer import Pointer
from app.ui.panels.timeline.scene import Hit, Scene, SoundLane
from app.ui.panels.timeline.view import TimelineView
from app.ui.session import Session


class Menus(QObject):
    """Makes the menus, and tells what of them others do."""

    offset_proposal_wanted = Signal()
    """The voice is to be laid over the original speech."""
    render_wanted = Signal(object)
    """TimeRange that is to be rendered first."""
    retry_wanted = Signal()
    """Frames that failed are to be tried again."""
    snapping_wanted = Signal(bool)

    def __init__(
        self,
        session: Session,
        view: TimelineView,
        playhead: Playhead,
        pointer: Pointer,
        commands: Commands,
        cursor: CursorCommands,
    ) -> None:
        super().__init__(view)
        self._session, self._view, self._playhead, self._pointer = session, view, playhead, pointer
        self._commands, self._cursor = commands, cursor
        view.menu_wanted.connect(self._open)

    @Slot(object)
    def _open(self, event: QContextMenuEvent) -> None:
        """Opens the menu of the thing under the cursor, or of the selected segment from the keyboard."""
        if self._pointer.active:
            return
        mouse = event.reason() == QContextMenuEvent.Reason.Mouse
        position = event.pos() if mouse else self._view.keyboard_position()
        menu = self.menu_at(QPointF(position))
        if menu is not None:
            menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            menu.popup(self._view.viewport().mapToGlobal(position))

    def menu_at(self, position: QPointF) -> QMenu | None:
        """The menu of the thing at a point of the view, which selects a segment. None without a clip."""
        scene = self._view.scene()
        if scene is None:
            return None
        hit = hit_test(scene, position.x(), position.y())
        if hit.id is not None:
            self._session.select_all(self._of(hit.id), hit.id)
        menu = QMenu(self._view)
        menu.setObjectName("timelineMenu")
        self._fill(menu, scene, hit)
        return menu

    def _of(self, id: int) -> frozenset[int]:
        """What a command of a segment's menu is about: all that are selected, if it is one of them."""
        chosen = self._session.chosen
        return chosen if id in chosen else frozenset({id})

    def _fill(self, menu: QMenu, scene: Scene, hit: Hit) -> None:
        segment = None if hit.id is None else next((s for s in scene.table.segments if s.id == hit.id), None)
        if segment is not None:
            self._segment(menu, scene, hit, segment)
        elif hit.kind == "marker":
            self._marker(menu, scene, hit)
        elif hit.kind in ("video", "faceless", "room"):
            self._room(menu, scene, hit)
        elif hit.kind in ("original", "voice"):
            self._sound(menu, scene, hit, "original" if hit.kind == "original" else "voice")
        elif hit.kind == "strip":
            self._strip(menu, scene, hit)
        else:
            self._ruler(menu, scene, hit)

    def _segment(self, menu: QMenu, scene: Scene, hit: Hit, segment: Segment) -> None:
        commands, id, playhead = self._commands, segment.id, scene.playhead
        ids = self._of(id)
        these = segments_text(len(ids))
        inside = segment.range.start < playhead < segment.range.stop
        _add(menu, "Split at the playhead", lambda: commands.split(playhead, id), "split", inside)
        here = scene.clip.time_of(scene.clip.index_at(hit.time))
        _add(menu, "Split here", lambda: commands.split(here, id), enabled=segment.range.start < here)
        _add(menu, f"Copy {these}", self._cursor.copy_selected, "copy")
        _add(menu, f"Delete {these}", lambda: commands.delete(ids), "delete")
        menu.addSeparator()
        only = "Dub this range only" if len(ids) == 1 else "Dub these ranges only"
        _add(menu, only, lambda: commands.only(ids), enabled=len(scene.table.segments) > len(ids))
        _toggle(menu, "Dub the picture here", segment.strength > 0, lambda on: commands.enable(ids, on))
        _add(menu, "Set in and out to this range", lambda: commands.mark_segment(segment))
        menu.addSeparator()
        self._faces(menu, segment, scene.face_count)
        self._settings(menu, [s for s in scene.table.segments if s.id in ids], playhead)
        menu.addSeparator()
        _add(menu, "Go to start", lambda: self._playhead.go(segment.range.start))
        _add(menu, "Go to end", lambda: self._playhead.go(segment.range.stop - 1 / scene.clip.fps))

    def _settings(self, menu: QMenu, segments: Sequence[Segment], playhead: Fraction) -> None:
        """What can be set or put back of some segments."""
        put, ids = self._commands.set, [segment.id for segment in segments]
        chosen = any(segment.reference is not None for segment in segments)
        own = any(segment.offset is not None for segment in segments)
        _add(menu, "Use current frame as reference", lambda: put("Choose reference", ids, reference=playhead))
        automatic = "Choose the reference automatically"
        _add(menu, automatic, lambda: put("Choose reference", ids, reference=None), enabled=chosen)
        _add(menu, "Reset voice offset", lambda: put("Reset voice offset", ids, offset=None), enabled=own)

    def _faces(self, menu: QMenu, segment: Segment, count: int) -> None:
        """Whose mouth is dubbed."""
        faces = menu.addMenu("Face")
        faces.setObjectName("timelineFaces")
        group = QActionGroup(faces)
        for face in range(max(count, segment.face + 1)):
            action = faces.addAction(face_label(face))
            action.setCheckable(True)
            action.setChecked(face == segment.face)
            action.triggered.connect(lambda _checked=False, face=face: self._set_face(segment.id, face))
            group.addAction(action)

    def _set_face(self, id: int, face: int) -> None:
        self._commands.set("Choose face", self._of(id), face=face)

    def _room(self, menu: QMenu, scene: Scene, hit: Hit) -> None:
        """Where a segment may be added."""
        commands, marked = self._commands, self._session.marked
        free = scene.table.at(float(hit.time)) is None
        _add(menu, "Paste at the playhead", self._cursor.paste, "paste")
        _add(menu, "Add segment here", lambda: commands.add_here(hit.time), enabled=free)
        _add(menu, "Dub from in to out", commands.dub_marked, "dub_range", marked is not None)
        _add(menu, "Dub all", commands.dub_all, "dub_all")
        menu.addSeparator()
        faceless = None if scene.faces is None else scene.faces.faceless_at(float(hit.time))
        if faceless is not None:
            _add(menu, "Go to the first frame without the face", lambda: self._playhead.go(faceless.start_time))
        _add(menu, "Move the playhead here", lambda: self._playhead.go(hit.time))
        _add(menu, "Add marker here", lambda: commands.add_marker(_frame(scene, hit)))

    def _marker(self, menu: QMenu, scene: Scene, hit: Hit) -> None:
        marker = scene.project.markers[hit.index]
        _add(menu, "Edit note…", lambda: self._cursor.edit_note(hit.index))
        _add(menu, "Delete marker", lambda: self._commands.remove_marker(hit.index))
        menu.addSeparator()
        _add(menu, "Move the playhead here", lambda: self._playhead.go(marker.time))

    def _sound(self, menu: QMenu, scene: Scene, hit: Hit, sound: SoundLane) -> None:
        commands, project = self._commands, scene.project
        if sound == "voice":
            self._voice(menu, scene, hit)
        mix = project.original_mix if sound == "original" else project.voice_mix
        _toggle(menu, "Mute", mix.mute, lambda on: commands.set_sound(sound, mute=on))
        _toggle(menu, "Solo", mix.solo, lambda on: commands.set_sound(sound, solo=on))

    def _voice(self, menu: QMenu, scene: Scene, hit: Hit) -> None:
        commands, there = self._commands, scene.voice_seconds is not None
        number = scene.table.at(float(hit.time))
        here = None if number is None else scene.table.segments[number]
        own = [here.id] if here is not None and here.offset is not None else []
        put = partial(commands.set, "Reset voice offset", own, offset=None)
        _add(menu, "Reset offset", commands.reset_offset, enabled=scene.project.offset != 0)
        _add(menu, "Reset this segment's own offset", put, enabled=bool(own))
        _add(menu, "Begin at the playhead", lambda: commands.voice_at(scene.playhead), enabled=there)
        _add(menu, "Propose offset…", self.offset_proposal_wanted.emit, enabled=there and scene.clip.has_sound)
        menu.addSeparator()

    def _strip(self, menu: QMenu, scene: Scene, hit: Hit) -> None:
        """What renders: the segment here, or all that is marked."""
        number = scene.table.at(float(hit.time))
        span = None if number is None else scene.table.segments[number].range
        marked = self._session.marked
        failed = span is not None and scene.strip.overlaps("failed", span)
        for text, wanted in (("this segment", span), ("from in to out", marked), ("all", scene.clip.whole)):
            _add(menu, f"Render {text}", partial(self.render_wanted.emit, wanted), enabled=wanted is not None)
        _add(menu, "Try again what failed", self.retry_wanted.emit, enabled=failed)

    def _ruler(self, menu: QMenu, scene: Scene, hit: Hit) -> None:
        commands, project, here = self._commands, scene.project, _frame(scene, hit)
        navigation = self._view.navigation
        _add(menu, "Set in here", lambda: commands.set_in(here), "mark_in")
        _add(menu, "Set out here", lambda: commands.set_out(here), "mark_out")
        _add(menu, "Clear in and out", commands.clear_marks, "clear_marks", _marks_set(project))
        _add(menu, "Add marker here", lambda: commands.add_marker(here), "marker")
        _add(menu, "Move the playhead here", lambda: self._playhead.go(here))
        menu.addSeparator()
        _add(menu, "Zoom in", navigation.zoom_in, "zoom_in")
        _add(menu, "Zoom out", navigation.zoom_out, "zoom_out")
        _add(menu, "Show all", navigation.fit, "zoom_fit")
        _toggle(menu, "Snapping", self._pointer.snapping, self.snapping_wanted.emit, "snapping")


def _add(menu: QMenu, text: str, slot: Callable[[], object], id: str = "", enabled: bool = True) -> None:
    """An item; where it does what the action `id` does, its key is shown, and the key itself is the window's."""
    action = menu.addAction(f"{text}\t{key_text(keys_of(id)[:1])}" if id else text)
    action.setEnabled(enabled)
    action.triggered.connect(lambda _checked=False: slot())


def _toggle(menu: QMenu, text: str, on: bool, slot: Callable[[bool], object], id: str = "") -> None:
    action = menu.addAction(f"{text}\t{key_text(keys_of(id)[:1])}" if id else text)
    action.setCheckable(True)
    action.setChecked(on)
    action.triggered.connect(slot)


def _marks_set(project: Project) -> bool:
    return project.mark_in is not None or project.mark_out is not None


def _frame(scene: Scene, hit: Hit) -> Fraction:
    """The time of the frame under the cursor."""
    return scene.clip.time_of(scene.clip.index_at(hit.time))
