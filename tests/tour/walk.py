"""The walk itself, state by state."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path

from msgspec.structs import replace
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QMenu, QPushButton

from app.core import edits
from app.core.errors import UserError
from app.core.timebase import TimeRange
from app.engine.dub.source_look import SOURCE
from app.engine.export.export_request import ExportRequest
from app.engine.files.recovery import Recovered
from app.engine.media.encoders import EncoderSettings
from app.ui.dialogs.cache_manager import CacheManager
from app.ui.dialogs.edit_keys import KeysDialog
from app.ui.dialogs.error import ErrorDialog, describe
from app.ui.dialogs.export.dialog import ExportDialog
from app.ui.dialogs.media_properties import MediaProperties
from app.ui.dialogs.recovery import RecoveryDialog
from app.ui.dialogs.relink import RelinkDialog
from app.ui.dialogs.settings import SettingsDialog
from app.ui.dialogs.shortcuts import ShortcutSheet
from app.ui.kit.theme import prepare_high_dpi
from app.ui.window.launch import Start
from app.workers.jobs import JobState
from tests.gui.shell_kit import Answers
from tests.tour.guide import Guide, LostError, Manner

MOUTH_OPEN = Fraction(3)
"""Seconds of the demo at which there is something to see."""
FEW = Fraction(1, 2)
"""Seconds of dub that are waited for: a processor is slow."""


def walk(out: Path, only: str, manner: Manner) -> int:
    """All states in order; the exit code."""
    prepare_high_dpi()
    app = QApplication(sys.argv[:1])
    answers = Answers()
    answers.save, answers.stop = "discard", True
    start = Start(app, [], questions=answers)
    start.window.resize(*manner.size)
    start.window.show()
    guide = Guide(app, start, out, only, manner)
    lost = 0
    try:
        for step in STEPS:
            step(guide)
    except LostError as error:
        lost = 1
        print(f"lost at {step.__name__}: {error}", file=sys.stderr)
        guide.shoot("lost")
    finally:
        start.window.close()
    print("\n".join(guide.cut), file=sys.stderr)
    return 1 if lost or guide.cut else 0


def starting(guide: Guide) -> None:
    """The first page."""
    guide.until("the editor", lambda: guide.start.editor is not None)
    looks, manner = guide.editor.view_settings, guide.manner
    looks.take(replace(looks.settings, text_percent=manner.text_percent, theme=manner.theme))
    guide.window.resize(*manner.size)
    guide.shoot("start")
    page = guide.window.start
    page.set_clip(Path("/films/interview/take-3.mov"))
    page.set_recent([Path("/films/interview/interview.redub"), Path("/films/trailer/trailer.redub")])
    page.voice.setFocus()
    guide.shoot("start-filled")
    page.clear()


def opening(guide: Guide) -> None:
    """The demo, from its making to the first dubbed frame."""
    editor = guide.editor
    guide.trigger("demo")
    if editor.session.clip is None:
        guide.rest(1500)
        guide.shoot("demo-being-made")
    guide.until("the demo's clip", lambda: editor.session.clip is not None)
    if editor.session.analysis is None:
        guide.rest(1500)
        guide.shoot("faces-being-found")
    guide.until("the demo's faces", lambda: editor.session.analysis is not None)
    guide.until("the voice", lambda: editor.session.voice is not None)
    # a short stretch, for the machine may be slow
    first = (editor.session.project.segments or ())[0]
    stop = MOUTH_OPEN + FEW
    trimmed = edits.trim_segment(editor.session.project, first.id, MOUTH_OPEN - FEW, stop, editor.session.clip.whole)  # type: ignore[union-attr]
    editor.session.apply("Trim segment", trimmed)
    editor.playing.go(MOUTH_OPEN)
    guide.rest(600)
    guide.shoot("waiting-for-the-first-frame")


def rendered(guide: Guide) -> None:
    """The dubbed picture in all its manners."""
    pane, editor = guide.editor.panels.preview, guide.editor
    guide.until("the dubbed frame", lambda: pane.frame is not None and pane.frame.dubbed is not None)
    guide.shoot("dubbed")
    for id in ("show_wipe", "show_side", "show_original"):
        guide.trigger(id)
        guide.shoot(id.replace("_", "-"))
    guide.trigger("show_dubbed")
    guide.trigger("show_faces")
    guide.trigger("show_mask")
    guide.rest(800)
    guide.shoot("faces-and-mask")
    guide.trigger("show_faces")
    guide.trigger("show_mask")
    guide.until("all frames", lambda: not editor.rendering and _all_ready(guide), 1800)
    guide.shoot("all-rendered")


def timeline(guide: Guide) -> None:
    """Markers, in and out, a split, zoom and a menu."""
    editor, session = guide.editor, guide.editor.session
    for time, note in ((Fraction(1), "breath"), (Fraction(5), "last word")):
        session.apply("Add marker", edits.add_marker(session.project, time, note))
    editor.playing.go(MOUTH_OPEN - Fraction(1, 4))
    guide.key(Qt.Key.Key_I)
    editor.playing.go(MOUTH_OPEN + Fraction(1, 4))
    guide.key(Qt.Key.Key_O)
    editor.playing.go(MOUTH_OPEN)
    guide.key(Qt.Key.Key_S)
    guide.shoot("split-and-marks")
    for _ in range(3):
        guide.trigger("zoom_in")
    guide.shoot("timeline-zoomed")
    guide.trigger("zoom_fit")
    _menu(guide)


def _menu(guide: Guide) -> None:
    """The context menu of a segment."""
    timeline, session = guide.editor.panels.timeline, guide.editor.session
    segment = (session.project.segments or ())[0]
    lane = timeline.view.lanes["segments"]
    middle = float(segment.range.start + segment.range.duration / 2)
    at = timeline.view.viewport().rect().topLeft()
    at.setX(round(timeline.view.navigation.scale.x_of(middle)))
    at.setY(lane.top + lane.height // 2)
    menu = timeline.menus.menu_at(at.toPointF())
    if menu is not None:
        menu.popup(timeline.view.viewport().mapToGlobal(at))
        guide.rest()
        guide.shoot("segment-menu", menu)
        menu.close()


def waveform(guide: Guide) -> None:
    """The two sounds, and a proposal for the voice."""
    guide.window.docks["Waveform"].raise_()
    guide.rest(1500)
    guide.shoot("waveform")
    guide.trigger("propose_offset")
    answer = guide.editor.panels.waveform.proposal.answer
    guide.until("a proposal", lambda: answer.text() and "Comparing" not in answer.text())
    guide.shoot("offset-proposed")
    guide.window.docks["Timeline"].raise_()


def attention(guide: Guide) -> None:
    """Where the network looked."""
    dock, editor = guide.editor.panels.attention, guide.editor
    guide.trigger("show_attention")
    guide.until("the map", lambda: dock.overlay() is not None)
    guide.shoot("attention")
    dock.pick(7, 12)
    guide.shoot("attention-another-patch")
    dock.controls.set_layer(SOURCE)
    guide.until("the sources", lambda: dock.overlay() is not None)
    guide.shoot("sources")
    guide.trigger("show_attention")
    guide.window.docks["Inspector"].raise_()
    editor.session.select((editor.session.project.segments or ())[0].id)


def inspector(guide: Guide) -> None:
    """The selected segment; then history and undo."""
    guide.rest(1500)
    guide.shoot("inspector")
    guide.key(Qt.Key.Key_Right, Qt.KeyboardModifier.AltModifier)
    guide.trigger("undo")
    guide.window.docks["History"].raise_()
    guide.shoot("history")
    guide.window.docks["To check"].raise_()
    guide.rest(400)
    guide.shoot("to-check")
    guide.window.docks["Markers"].raise_()
    guide.shoot("markers")
    guide.window.docks["Inspector"].raise_()
    segments = guide.editor.session.project.segments or ()
    guide.editor.session.select_all(segment.id for segment in segments)
    guide.shoot("several-segments")
    guide.editor.session.select(segments[0].id)
    guide.window.docks["Jobs"].raise_()


def exporting(guide: Guide) -> None:
    """The dialog, an export at work, an export that is done."""
    editor = guide.editor
    guide.trigger("export")
    dialog = guide.dialog(ExportDialog)
    guide.rest(1500)
    guide.shoot("export-dialog", dialog)
    dialog.reject()
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "dubbed.mp4"
        span = TimeRange(MOUTH_OPEN - FEW, MOUTH_OPEN + FEW)
        job = editor.exporting.start(ExportRequest(editor.session.project, target, EncoderSettings(), span))
        guide.until("the export's first frames", lambda: job.stage == "dubbing" or job.state.finished)
        guide.shoot("export-running")
        guide.until("the export", lambda: job.state.finished)
        if job.state is not JobState.DONE:
            raise LostError(f"the export {job.state}: {job.sentence}")
        guide.shoot("export-done")


def dialogs(guide: Guide) -> None:
    """All other dialogs."""
    for id, kind in (
        ("settings", SettingsDialog),
        ("shortcuts", ShortcutSheet),
        ("edit_keys", KeysDialog),
        ("properties", MediaProperties),
        ("cache", CacheManager),
    ):
        guide.trigger(id)
        dialog = guide.dialog(kind)  # type: ignore[type-var]
        guide.rest(800)
        guide.shoot(id, dialog)
        dialog.reject()  # type: ignore[attr-defined]
    _relink(guide)
    _recovery(guide)
    _errors(guide)


def _relink(guide: Guide) -> None:
    session = guide.editor.session
    moved = replace(session.project, clip="/films/moved/puppet.mp4")
    dialog = RelinkDialog(moved, None, guide.window)
    dialog.open()
    guide.shoot("relink", dialog)
    dialog.reject()


def _recovery(guide: Guide) -> None:
    project = guide.editor.session.project
    lost = Recovered(project, Path("/films/interview/interview.redub"), datetime.now(UTC), "gone")
    dialog = RecoveryDialog([lost], lambda _recovered: None, guide.window)
    dialog.open()
    guide.shoot("recovery", dialog)
    dialog.reject()


def _errors(guide: Guide) -> None:
    guide.editor.reports.notice(
        '"/films/take-3.mov" is not the file that this project was made with.', "sha256 differs"
    )
    guide.shoot("notice")
    guide.window.notice.close_newest()
    try:
        try:
            Path("/films/no-such-film.mov").read_bytes()
        except OSError as error:
            raise UserError('"/films/no-such-film.mov" cannot be read: check that it is still there.') from error
    except UserError as error:
        dialog = ErrorDialog(*describe(error), guide.window)
    dialog.open()
    details = next(each for each in dialog.findChildren(QPushButton) if "Details" in each.text())
    details.click()
    guide.shoot("error", dialog)
    dialog.reject()


def menus(guide: Guide) -> None:
    """Two of the menus in the menu bar."""
    bar = guide.window.menuBar()
    for action in bar.actions()[:3]:
        menu = action.menu()
        assert isinstance(menu, QMenu)
        menu.popup(bar.mapToGlobal(bar.actionGeometry(action).bottomLeft()))
        guide.shoot(f"menu-{action.text().replace('&', '').lower()}", menu)
        menu.close()


def _all_ready(guide: Guide) -> bool:
    """Whether the strip shows nothing but finished frames."""
    session, renders = guide.editor.session, guide.editor.threads.renders
    assert session.clip is not None
    strip = renders.queue.strip(session.project, session.clip)
    return bool(strip) and all(state == "ready" for _, state in strip)


STEPS: Sequence[Callable[[Guide], None]] = (
    starting,
    opening,
    rendered,
    timeline,
    waveform,
    attention,
    inspector,
    exporting,
    dialogs,
    menus,
)
