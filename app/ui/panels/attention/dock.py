"""The attention dock: where in the reference the network looked for a patch, and where it fetched a pixel from."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace
from PySide6.QtCore import QSize, Signal, Slot
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtWidgets import (
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from app.engine.dub.source_look import SourceLook
from app.ui.kit import palette
from app.ui.kit.file_dialogs import ask_save
from app.ui.panels.attention.controls import AttentionControls
from app.ui.panels.attention.figure import Caption, figure
from app.ui.panels.attention.follower import Follower
from app.ui.panels.attention.labels import line_label, message_label, scrolled
from app.ui.panels.attention.overlay import Overlay
from app.ui.panels.attention.pictures import Pictures
from app.ui.panels.attention.source_figure import source_figure
from app.ui.panels.attention.source_pictures import SourcePictures
from app.ui.panels.attention.style import MASK_COLOURS, MapStyle, Patch
from app.ui.panels.attention.text import readout_hint, readout_text, shown_text
from app.ui.panels.attention.values import MASK_SCALE
from app.ui.session import Session

if TYPE_CHECKING:
    from app.engine.dub.attention_picture import Look
    from app.workers.render_thread import AttentionResult

START: Patch = (8, 10)
"""The patch of 16 x 16 that is picked at first: on the mouth."""
SIDE = 16
NEAR = 32
"""A click lets a pinned pixel go where it is no farther from it than one in so many of a side."""


class AttentionDock(QWidget):
    """Shows the result for the playhead's frame and asks for the next one as the playhead moves."""

    overlay_toggled = Signal(bool)
    """Attention was switched on or off."""
    layer_changed = Signal(str)
    """"5.1" to "6.2", or `SOURCE`."""
    patch_changed = Signal(int, int)
    """(column, row) of the picked patch or pixel."""
    wanted = Signal(int, int, str)
    """(segment's id, frame's number, layer or `SOURCE`): compute this; never while attention is off."""
    overlay_changed = Signal(object)
    """`Overlay` to draw over the preview, or None."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("attention")
        self.setAccessibleName("Attention")
        self._session = session
        self._follower = Follower(session, self)
        self._pinned = False
        self._at, self._side = ((START[0] + 0.5) / SIDE, (START[1] + 0.5) / SIDE), SIDE
        self._under: Patch | None = None
        self.controls = AttentionControls()
        self.pictures, self.sources = Pictures(), SourcePictures()
        self._message = message_label()
        self._where, self._readout = line_label("attentionWhere"), line_label("attentionReadout")
        self._lay_out()
        self._connect()
        self._refresh()

    def sizeHint(self) -> QSize:  # noqa: N802
        """Room for both pictures beside each other."""
        return QSize(480, 420)

    @property
    def on(self) -> bool:
        """Whether maps are computed and shown."""
        return self._follower.on

    @property
    def layer(self) -> str:
        """The chosen layer, "5.1" to "6.2", or `SOURCE`."""
        return self.controls.layer

    @property
    def patch(self) -> Patch:
        """(column, row) of what is picked: a patch, or a pixel where sources are shown."""
        return int(self._at[0] * self._side), int(self._at[1] * self._side)

    @property
    def style_now(self) -> MapStyle:
        """How maps are shown."""
        return self.controls.style_now

    @property
    def message(self) -> str:
        """The sentence that stands in the pictures' place; empty while there are pictures."""
        return self._message.text() if self._stack.currentWidget() is self._message else ""

    @property
    def pinned(self) -> bool:
        """Whether what is picked stays where it is while the mouse moves."""
        return self._pinned

    def overlay(self) -> Overlay | None:
        """What to draw over the preview; None while there is nothing for the very frame that is shown."""
        result = self._follower.result
        if not self._follower.fresh or result is None or result.seen is None:
            return None
        return Overlay(result, self.patch, self.style_now)

    @Slot(bool)
    def set_overlay(self, on: bool) -> None:
        """Switches attention on or off."""
        self.controls.switch.setChecked(on)

    @Slot(object)
    def set_result(self, result: AttentionResult) -> None:
        """A map or sources that were computed, or why they could not be; ignored while attention is off."""
        self._follower.take(result)

    @Slot(int, int)
    def pick(self, column: int, row: int) -> None:
        """Picks a patch or pixel and pins it; a second time lets it go. For clicks in the dock and in the preview."""
        apart = max(abs(column - self.patch[0]), abs(row - self.patch[1]))
        again = self._pinned and apart <= self._side // NEAR
        self._set_patch((column, row))
        self.controls.pin.setChecked(not again)

    @Slot()
    def take_keyboard(self) -> None:
        """The arrow keys move what is picked from now on, until Escape."""
        shown = self._stack.currentWidget()
        if isinstance(shown, Pictures | SourcePictures):
            shown.generated.setFocus()

    @Slot(int, int)
    def hover(self, column: int, row: int) -> None:
        """The mouse is over a patch or pixel of the face, here or in the preview: picks it unless one is pinned."""
        if not self._pinned:
            self._set_patch((column, row))

    def figure_now(self) -> tuple[str, QImage] | None:
        """(name to save under, QImage) of what is shown; None without a map of the present project and playhead."""
        overlay, seen, clip = self.overlay(), self._follower.seen, self._session.clip
        if overlay is None or seen is None or clip is None:
            return None
        result = overlay.result
        project = self._session.project
        caption = Caption(project.clip, clip.time_of(result.index), result.index, result.layer, project.weights)
        name = f"{caption.file_name}-{self.patch[0]}-{self.patch[1]}.png"
        if isinstance(seen, SourceLook):
            return name, source_figure(seen, self.patch, self.style_now, caption)
        return name, figure(seen, self.patch, self.style_now, caption)

    @Slot()
    def copy(self) -> None:
        """Puts the picture with scale and caption on the clipboard."""
        made = self.figure_now()
        if made is not None:
            QGuiApplication.clipboard().setImage(made[1])
            self._tell("Copied.")

    @Slot()
    def save(self) -> None:
        """Asks for a file and writes the picture with scale and caption."""
        made = self.figure_now()
        if made is None:
            return
        chosen = ask_save(self, "Save attention picture", "PNG pictures (*.png)", Path(made[0]))
        if chosen is None:
            return
        target = chosen if chosen.suffix else chosen.with_name(f"{chosen.name}.png")
        if made[1].save(str(target), "PNG"):  # pyright: ignore[reportArgumentType, reportCallIssue]
            self._tell(f"Saved {target.name}.")
        else:
            self._tell(f'"{target}" cannot be written: choose another folder or name.', palette.ERROR)

    def _lay_out(self) -> None:
        self._stack = QStackedWidget()
        self._stack.addWidget(self._message)
        self._stack.addWidget(self.pictures)
        self._stack.addWidget(self.sources)
        inner = QWidget()
        column = QVBoxLayout(inner)
        column.setContentsMargins(8, 8, 8, 8)
        column.setSpacing(6)
        column.addWidget(self.controls)
        column.addWidget(self._stack, 1)
        for widget in (self.pictures.scale_bar, self._where, self._readout, self.controls.looks):
            column.addWidget(widget)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(scrolled(inner))

    def _connect(self) -> None:
        controls = self.controls
        controls.overlay_toggled.connect(self._toggle)
        self._follower.changed.connect(self._renew)
        self._follower.asks.connect(self.wanted)
        controls.layer_changed.connect(self._change_layer)
        controls.style_changed.connect(self._refresh)
        controls.pin_toggled.connect(self._pin)
        controls.copy_wanted.connect(self.copy)
        controls.save_wanted.connect(self.save)
        for generated in (self.pictures.generated, self.sources.generated):
            generated.hovered.connect(self._hover_generated)
            generated.clicked.connect(self.pick)
            generated.moved.connect(self._move)
            generated.pin_wanted.connect(self._pin_by_key)
        self.pictures.reference.hovered.connect(self._hover_reference)

    @Slot(bool)
    def _toggle(self, on: bool) -> None:
        self.overlay_toggled.emit(on)
        self._follower.set_on(on)

    @Slot(str)
    def _change_layer(self, layer: str) -> None:
        self.layer_changed.emit(layer)
        self._follower.set_layer(layer)

    @Slot(bool)
    def _pin(self, on: bool) -> None:
        self._pinned = on

    @Slot(object)
    def _pin_by_key(self, on: bool | None) -> None:
        self.controls.pin.setChecked(not self._pinned if on is None else on)

    @Slot(object)
    def _hover_generated(self, patch: Patch | None) -> None:
        if patch is not None:
            self.hover(*patch)

    @Slot(object)
    def _hover_reference(self, patch: Patch | None) -> None:
        self._under = patch
        self._update_readout()

    @Slot(int, int)
    def _move(self, columns: int, rows: int) -> None:
        """An arrow key: one patch or pixel over, not beyond the edge."""
        if self._follower.seen is not None:
            last = self._side - 1
            column, row = self.patch[0] + columns, self.patch[1] + rows
            self._set_patch((min(max(column, 0), last), min(max(row, 0), last)))

    def _set_patch(self, patch: Patch) -> None:
        if patch != self.patch:
            self._at = (patch[0] + 0.5) / self._side, (patch[1] + 0.5) / self._side
            self.patch_changed.emit(*patch)
            self._refresh()

    @Slot()
    def _renew(self) -> None:
        """Another map or other sources, or none: the same place is picked in its grid; the heads are the map's."""
        seen = self._follower.seen
        if seen is not None:
            self._side = seen.side
        if seen is not None and not isinstance(seen, SourceLook):
            self.controls.set_heads(len(seen.maps))
        self.controls.set_fetches(self._follower.fetches)
        self._refresh()

    @Slot()
    def _refresh(self) -> None:
        """Shows what there is to show."""
        seen, fresh = self._follower.seen, self._follower.fresh
        self.controls.set_usable(self._follower.on, seen is not None and fresh)
        self._message.setText(self._follower.sentence)
        for widget in (self._where, self._readout):
            widget.setVisible(seen is not None)
        self._show_pictures(seen)
        for pictures in (self.pictures, self.sources):
            pictures.set_stale(not fresh)
        self._update_where()
        self._update_readout()
        self.overlay_changed.emit(self.overlay())

    def _show_pictures(self, seen: Look | SourceLook | None) -> None:
        """The page that fits, with its scale; the others are emptied."""
        look, sources = (None, seen) if isinstance(seen, SourceLook) else (seen, None)
        self.pictures.show_look(look, self.patch, self.style_now)
        self.sources.show_look(sources, self.patch, self.style_now)
        has_scale = look is not None
        if sources is not None and self.style_now.mask:
            self.pictures.scale_bar.set_scale(MASK_SCALE, replace(self.style_now, colours=MASK_COLOURS))
            has_scale = True
        self.pictures.scale_bar.setVisible(has_scale)
        page = self.pictures if look is not None else self.sources
        self._stack.setCurrentWidget(self._message if seen is None else page)

    def _update_where(self) -> None:
        """Which moment, layer, head and patch or pixel the pictures show."""
        result, seen, clip = self._follower.result, self._follower.seen, self._session.clip
        if result is None or seen is None or clip is None:
            return
        time = self._session.counting.format(clip.time_of(result.index))
        waiting = "" if self._follower.fresh else " · the playhead's frame is being computed…"
        self._tell(
            f"{time} · {shown_text(seen, result.layer, self.style_now, self.patch)}{waiting}",
            palette.TEXT if self._follower.fresh else palette.WARNING,
        )

    def _update_readout(self) -> None:
        """The exact value under the mouse, or what is shown in a few numbers."""
        seen = self._follower.seen
        if seen is not None:
            self._readout.setText(readout_text(seen, self.style_now, self.patch, self._under))
            self._readout.setToolTip(readout_hint(seen, self.style_now, self.patch))

    def _tell(self, text: str, colour: str = "") -> None:
        look = f"color: {colour or palette.TEXT};"
        if self._where.styleSheet() != look:  # polishing anew takes longer than all the rest
            self._where.setStyleSheet(look)
        self._where.setText(text)
