"""What the desktop shows for the program: notifications, and progress on its entry in the launcher or task bar."""

from __future__ import annotations

import sys
from functools import cached_property

from PySide6.QtCore import QObject
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QApplication, QStyle, QSystemTrayIcon, QWidget

_PORTAL = "org.freedesktop.portal.Desktop"
_LAUNCHER = "com.canonical.Unity.LauncherEntry"
"""Known to the docks of Ubuntu, KDE, elementary and others; nobody answers, so that it may be said to nobody."""
_SHOWN_MS = 8000


class Desktop(QObject):
    """Says things where they are seen while another window is in front; each way is tried that this desktop has."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self._tray: QSystemTrayIcon | None = None

    def notify(self, title: str, text: str) -> None:
        """Shows a notification, by the desktop's portal or the tray, and marks the window's entry as wanting a look."""
        QApplication.alert(self._window)
        if not self._notify_by_portal(title, text):
            self._notify_by_tray(title, text)

    def show_progress(self, fraction: float | None) -> None:
        """Work is `fraction` (0 to 1) done, or none is under way."""
        if self._bus is None:
            return
        from PySide6.QtDBus import QDBusMessage

        signal = QDBusMessage.createSignal("/io/redub/launcher", _LAUNCHER, "Update")
        values = {"progress": float(fraction or 0.0), "progress-visible": fraction is not None}
        signal.setArguments([f"application://{QApplication.desktopFileName() or 'redub'}.desktop", values])
        self._bus.send(signal)

    def close(self) -> None:
        """The program ends: the icon in the tray goes."""
        if self._tray is not None:
            self._tray.hide()

    @cached_property
    def _bus(self):  # type: ignore[no-untyped-def] # noqa: ANN202
        """The session's D-Bus as QDBusConnection; None where there is none, as on Windows and macOS."""
        if not sys.platform.startswith("linux"):
            return None
        try:
            from PySide6.QtDBus import QDBusConnection
        except ImportError:  # a Qt without it
            return None
        bus = QDBusConnection.sessionBus()
        return bus if bus.isConnected() else None

    def _notify_by_portal(self, title: str, text: str) -> bool:
        if self._bus is None:
            return False
        from PySide6.QtDBus import QDBusMessage

        services = self._bus.interface()
        if not services.isServiceRegistered(_PORTAL).value() and (
            _PORTAL not in services.activatableServiceNames().value()
        ):
            return False
        interface = "org.freedesktop.portal.Notification"
        call = QDBusMessage.createMethodCall(_PORTAL, "/org/freedesktop/portal/desktop", interface, "AddNotification")
        call.setArguments(["redub", {"title": title, "body": text}])
        return bool(self._bus.send(call))

    def _notify_by_tray(self, title: str, text: str) -> None:
        if not QSystemTrayIcon.isSystemTrayAvailable() or not QSystemTrayIcon.supportsMessages():
            return
        if self._tray is None:
            self._tray = QSystemTrayIcon(_icon(self._window), self)
            self._tray.setToolTip("Redub")
        self._tray.show()
        self._tray.showMessage(title, text, QSystemTrayIcon.MessageIcon.Information, _SHOWN_MS)


def _icon(window: QWidget) -> QIcon:
    """The window's own; a tray shows none without one."""
    own = window.windowIcon()
    return own if not own.isNull() else window.style().standardIcon(QStyle.StandardPixmap.SP_MediaPlay)
