"""The actions of the View menu, the settings, and what keeps both in step with the panels."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import get_args

from msgspec.structs import replace
from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtGui import QActionGroup
from PySide6.QtWidgets import QApplication

from app.core.errors import UserError
from app.core.settings import Settings
from app.engine.files.settings_file import save_settings
from app.ui.actions import use_keys
from app.ui.dialogs.edit_keys import KeysDialog
from app.ui.dialogs.settings import SettingsDialog
from app.ui.kit.renewal import renew
from app.ui.kit.theme import apply_theme
from app.ui.panels.preview.pane import PreviewPane
from app.ui.panels.preview.scene import Mode
from app.ui.session import Session
from app.ui.window.controllers.preview import Pictures
from app.ui.window.full_picture import FullPicture
from app.ui.window.main_window import PLACES, MainWindow
from app.ui.window.panels import Panels
from app.ui.window.reports import Reports
from app.workers.player import Player

MODES: tuple[Mode, ...] = get_args(Mode)


class ViewSettings(QObject):
    """How things are shown and what the user set."""

    settings_changed = Signal(object, object)
    """(old Settings, new Settings)"""

    def __init__(
        self,
        window: MainWindow,
        session: Session,
        panels: Panels,
        pictures: Pictures,
        player: Player,
        reports: Reports,
        settings: Settings,
        config: Path,
    ) -> None:
        super().__init__(window)
        self._window, self._session, self._pictures, self._player = window, session, pictures, player
        self._preview, self._timeline, self._waveform = panels.preview, panels.timeline, panels.waveform
        self._attention, self._reports = panels.attention, reports
        self._config, self.settings = config, settings
        self.full_picture = FullPicture(window, panels.preview)
        self._modes = QActionGroup(self)
        self._connect()
        self._show_mode(panels.preview.mode)
        self._apply(settings)

    def slots(self) -> Mapping[str, Callable[..., object]]:
        """What the actions of the View menu and the settings do, by id."""
        preview, window = self._preview, self._window
        modes = {f"show_{mode}": partial(_chosen, preview, mode) for mode in MODES}
        panels = {panel_action(title): partial(window.go_to_panel, title) for title in PLACES}
        return (
            modes
            | panels
            | {
                "show_faces": self._pictures.show_faces,
                "show_mask": self._pictures.show_mask,
                "show_attention": self._show_attention,
                "preview_fit": preview.zoom_fit,
                "snapping": self._set_snapping,
                "full_screen": window.set_full_screen,
                "full_picture": self.full_picture.toggle,
                "reset_layout": window.reset_layout,
                "settings": self.ask_settings,
                "edit_keys": self.ask_keys,
            }
        )

    @property
    def shows_original(self) -> bool:
        """Whether the picture is shown as it was filmed."""
        return self._preview.mode == "original"

    def ask_settings(self) -> None:
        """Shows the settings; what is chosen holds from then on."""
        dialog = SettingsDialog(self.settings, self._window)
        dialog.accepted.connect(lambda: self.take(dialog.settings))
        self._reports.turns.open(dialog)

    def ask_keys(self) -> None:
        """Shows the keys of all commands; what is chosen holds from then on."""
        dialog = KeysDialog(self._window)
        dialog.accepted.connect(lambda: self.take(replace(self.settings, shortcuts=dialog.own)))
        self._reports.turns.open(dialog)

    def take(self, settings: Settings) -> None:
        """Other settings: they are kept, and hold at once."""
        old, self.settings = self.settings, settings
        if old == settings:
            return
        try:
            save_settings(settings, self._config)
        except UserError as error:
            self._reports.notice(str(error))
        self._apply(settings)
        self.settings_changed.emit(old, settings)

    def _connect(self) -> None:
        """Actions and panels show the same state, whoever changes it."""
        actions, preview = self._window.actions_, self._preview
        for mode in MODES:
            self._modes.addAction(actions[f"show_{mode}"])
        preview.mode_changed.connect(self._show_mode)
        preview.faces_toggled.connect(actions["show_faces"].setChecked)
        preview.mask_toggled.connect(actions["show_mask"].setChecked)
        self._attention.overlay_toggled.connect(actions["show_attention"].setChecked)
        self._timeline.snapping_changed.connect(self._set_snapping)
        self._window.held_keys.original_held.connect(preview.canvas.hold_original)

    @Slot(str)
    def _show_mode(self, mode: str) -> None:
        self._window.actions_[f"show_{mode}"].setChecked(True)

    @Slot(bool)
    def _show_attention(self, on: bool) -> None:
        """Switches attention; its panel comes to the front."""
        self._attention.set_overlay(on)
        if on:
            self._window.raise_panel("Attention")

    @Slot(bool)
    def _set_snapping(self, on: bool) -> None:
        self.take(replace(self.settings, snapping=on))

    def _apply(self, settings: Settings) -> None:
        self._timeline.set_snapping(settings.snapping)
        self._waveform.set_snapping(settings.snapping)
        self._timeline.set_following(settings.follow_playhead)
        self._player.set_scrub_sound(settings.scrub_sound)
        self._session.set_drop_frame(settings.drop_frame)
        self._window.actions_["snapping"].setChecked(settings.snapping)
        if use_keys(settings.shortcuts):
            self._window.actions_.renew_keys()
            renew()
        app = QApplication.instance()
        shown = f"{settings.text_percent} {settings.theme}"
        if isinstance(app, QApplication) and app.property(SHOWN) not in (None, shown):
            apply_theme(app, settings.text_percent, settings.theme)
        if app is not None:
            app.setProperty(SHOWN, shown)


SHOWN = "redub_shown"
"""The application's property that tells how large text is drawn now, and in which theme."""


def panel_action(title: str) -> str:
    """The id of the action that goes to a panel."""
    return f"panel_{title.lower().replace(' ', '_')}"


def _chosen(preview: PreviewPane, mode: Mode, _on: bool) -> None:
    preview.set_mode(mode)
