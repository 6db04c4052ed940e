"""The attention dock: a patch of the generated face, and where in the reference the network looked for it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Signal, Slot
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtWidgets import (
    QFileDialog,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from app.core.timebase import format_time
from app.ui import palette
from app.ui.attention.controls import AttentionControls
from app.ui.attention.figure import Caption, figure
from app.ui.attention.follower import Follower
from app.ui.attention.labels import line_label, message_label, scrolled
from app.ui.attention.overlay import Overlay
from app.ui.attention.pictures import Pictures
from app.ui.attention.style import MapStyle, Patch, head_text, layer_text
from app.ui.attention.values import entropy_text, readout, summary_text
from app.ui.session import Session

if TYPE_CHECKING:
    from app.workers.render_thread import AttentionResult

START: Patch = (8, 10)
"""The patch that is picked at first: on the mouth."""


class AttentionDock(QWidget):
    """Shows the result for the playhead's frame and asks for the next one as the playhead moves."""

    overlay_toggled = Signal(bool)
    """Attention was switched on or off."""
    layer_changed = Signal(str)
    """"5.1" to "6.2"."""
    patch_changed = Signal(int, int)
    """(column, row) of the picked patch."""
    wanted = Signal(int, int, str)
    """(segment's id, frame's number, layer): compute this map; never while attention is off."""
    overlay_changed = Signal(object)
    """`Overlay` to draw over the preview, or None."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("attention")
        self.setAccessibleName("Attention")
        self._session = session
        self._follower = Follower(session, self)
        self._pinned = False
        self._patch: Patch = START
        self._under: Patch | None = None
        self.controls = AttentionControls()
        self.pictures = Pictures()
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
        """The chosen layer, "5.1" to "6.2"."""
        return self.controls.layer

    @property
    def patch(self) -> Patch:
        """(column, row) of the picked patch."""
        return self._patch

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
        """Whether the picked patch stays where it is while the mouse moves."""
        return self._pinned

    def overlay(self) -> Overlay | None:
        """What to draw over the preview; None while there is no map for the very frame that is shown."""
        result = self._follower.result
        if not self._follower.fresh or result is None or result.look is None:
            return None
        return Overlay(result, self._patch, self.style_now)

    @Slot(bool)
    def set_overlay(self, on: bool) -> None:
        """Switches attention on or off."""
        self.controls.switch.setChecked(on)

    @Slot(object)
    def set_result(self, result: AttentionResult) -> None:
        """A map that was computed, or why it could not be; ignored while attention is off."""
        self._follower.take(result)

    @Slot(int, int)
    def pick(self, column: int, row: int) -> None:
        """Picks a patch and pins it; a second time lets it go. For clicks in the dock and in the preview."""
        again = self._pinned and (column, row) == self._patch
        self._set_patch((column, row))
        self.controls.pin.setChecked(not again)

    @Slot(int, int)
    def hover(self, column: int, row: int) -> None:
        """The mouse is over a patch of the generated face, here or in the preview: picks it unless one is pinned."""
        if not self._pinned:
            self._set_patch((column, row))

    def figure_now(self) -> tuple[str, QImage] | None:
        """(name to save under, QImage) of what is shown; None without a map of the present project and playhead."""
        overlay, look, clip = self.overlay(), self._follower.look, self._session.clip
        if overlay is None or look is None or clip is None:
            return None
        result = overlay.result
        project = self._session.project
        caption = Caption(project.clip, clip.time_of(result.index), result.index, result.layer, project.weights)
        column, row = self._patch
        return f"{caption.file_name}-patch-{column}-{row}.png", figure(look, self._patch, self.style_now, caption)

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
        start = Path(self._session.project.clip).parent / made[0]
        chosen, _ = QFileDialog.getSaveFileName(self, "Save attention picture", str(start), "PNG pictures (*.png)")
        if not chosen:
            return
        target = Path(chosen) if Path(chosen).suffix else Path(f"{chosen}.png")
        if made[1].save(str(target), "PNG"):  # pyright: ignore[reportArgumentType, reportCallIssue]
            self._tell(f"Saved {target.name}.")
        else:
            self._tell(f'"{target}" cannot be written: choose another folder or name.', palette.ERROR)

    def _lay_out(self) -> None:
        self._stack = QStackedWidget()
        self._stack.addWidget(self._message)
        self._stack.addWidget(self.pictures)
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
        generated, reference = self.pictures.generated, self.pictures.reference
        generated.hovered.connect(self._hover_generated)
        generated.clicked.connect(self.pick)
        generated.moved.connect(self._move)
        generated.pin_wanted.connect(self._pin_by_key)
        reference.hovered.connect(self._hover_reference)

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
        """An arrow key: one patch over, not beyond the edge."""
        look = self._follower.look
        if look is not None:
            last = look.side - 1
            column, row = self._patch[0] + columns, self._patch[1] + rows
            self._set_patch((min(max(column, 0), last), min(max(row, 0), last)))

    def _set_patch(self, patch: Patch) -> None:
        if patch != self._patch:
            self._patch = patch
            self.patch_changed.emit(*patch)
            self._refresh()

    @Slot()
    def _renew(self) -> None:
        """Another map, or none: the picked patch and the heads are brought into it."""
        look = self._follower.look
        if look is not None:
            side = look.side - 1
            self._patch = min(self._patch[0], side), min(self._patch[1], side)
            self.controls.set_heads(len(look.maps))
        self._refresh()

    @Slot()
    def _refresh(self) -> None:
        """Shows what there is to show."""
        look = self._follower.look
        self.controls.set_usable(self._follower.on, look is not None and self._follower.fresh)
        self._message.setText(self._follower.sentence)
        self._stack.setCurrentWidget(self._message if look is None else self.pictures)
        for widget in (self.pictures.scale_bar, self._where, self._readout):
            widget.setVisible(look is not None)
        self.pictures.show_look(look, self._patch, self.style_now)
        self.pictures.set_stale(not self._follower.fresh)
        self._update_where()
        self._update_readout()
        self.overlay_changed.emit(self.overlay())

    def _update_where(self) -> None:
        """Which moment, layer, head and patch the pictures show."""
        result, look, clip = self._follower.result, self._follower.look, self._session.clip
        if result is None or look is None or clip is None:
            return
        time = format_time(clip.time_of(result.index))
        waiting = "" if self._follower.fresh else " · the playhead's frame is being computed…"
        self._tell(
            f"{time} · {layer_text(result.layer)}, {head_text(self.style_now.head, len(look.maps))} · "
            f"patch column {self._patch[0]}, row {self._patch[1]}{waiting}",
            palette.TEXT if self._follower.fresh else palette.WARNING,
        )

    def _update_readout(self) -> None:
        """The exact value under the mouse, else the map in a few numbers."""
        look = self._follower.look
        if look is None:
            return
        shares = look.map_of(self._patch, self.style_now.head)
        if self._under is not None:
            text = readout(look, self._patch, self.style_now.head, self._under)
        else:
            text = summary_text(shares)
        self._readout.setText(text)
        self._readout.setToolTip(f"Spread: as if over so many patches evenly; {entropy_text(shares)}")

    def _tell(self, text: str, colour: str = palette.TEXT) -> None:
        look = f"color: {colour};"
        if self._where.styleSheet() != look:  # polishing anew takes longer than all the rest
            self._where.setStyleSheet(look)
        self._where.setText(text)
