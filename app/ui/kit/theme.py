"""How the editor looks: QDarkStyle in our own colours, a focus ring that shows, disabled text that can be read."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFont, QFontDatabase, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication

from app.ui.kit import palette
from app.ui.kit.renewal import renew

SMALLEST_POINTS = 9.5
"""Height of text where the system asks for less."""
_USUAL = "redub_usual_points"
"""The application's property that keeps the system's text size."""
_COLOUR = re.compile("#[0-9a-fA-F]{6}")


def ours(theme: palette.Theme) -> dict[str, str]:
    """QDarkStyle's colours and what stands in their place."""
    if theme == "light":
        return {
            "#fafafa": palette.PANEL,
            "#dfe1e2": palette.RAISED,
            "#d2d5d8": palette.RAISED,
            "#c0c4c8": palette.CONTROL,
            "#b4b8bc": palette.LINE,
            "#acb1b6": palette.CONTROL,
            "#daedff": palette.RAISED,
            "#9fcbff": palette.SEGMENT_SELECTED,
            "#73c7ff": palette.SEGMENT_SELECTED,
            "#37aefe": palette.ACCENT,
            "#788d9c": palette.MUTED_TEXT,
            "#9da9b5": palette.MUTED_TEXT,
            "#19232d": palette.TEXT,
        }
    return {
        "#19232d": palette.PANEL,
        "#293544": palette.RAISED,
        "#37414f": palette.RAISED,
        "#455364": palette.CONTROL,
        "#54687a": palette.LINE,
        "#60798b": "#5d6776",
        "#26486b": "#24476b",
        "#346792": palette.SEGMENT_SELECTED,
        "#1a72bb": palette.SEGMENT_SELECTED,
        "#259ae9": palette.ACCENT,
        "#788d9c": palette.MUTED_TEXT,
        "#9da9b5": palette.MUTED_TEXT,
        "#dfe1e2": palette.TEXT,
    }


def additions() -> str:
    """What is laid over QDarkStyle."""
    return f"""
QPushButton:focus, QToolButton:focus, QComboBox:focus, QLineEdit:focus, QAbstractSpinBox:focus, QCheckBox:focus,
QRadioButton:focus, QPlainTextEdit:focus, QTextEdit:focus, QAbstractItemView:focus, QTabBar:focus, QSlider:focus,
QGroupBox:focus {{ border: 2px solid {palette.FOCUS}; }}
QCheckBox:focus, QRadioButton:focus, QSlider:focus {{ border-radius: 3px; }}
QTabBar::tab {{ padding: 4px 6px; }}
QTabBar::tab:focus {{ border: 2px solid {palette.FOCUS}; }}
*:disabled {{ color: {palette.MUTED_TEXT}; }}
QPushButton:disabled, QToolButton:disabled, QLineEdit:disabled, QAbstractSpinBox:disabled, QComboBox:disabled {{
  background-color: {palette.PANEL}; color: {palette.MUTED_TEXT}; border: 1px dashed {palette.LINE}; }}
QToolTip {{ background-color: {palette.RAISED}; color: {palette.TEXT}; border: 1px solid {palette.LINE};
  padding: 3px; opacity: 255; }}
QMainWindow::separator {{ background: {palette.BACKGROUND}; width: 5px; height: 5px; border: none; image: none; }}
QMainWindow::separator:hover {{ background: {palette.ACCENT}; }}
QDockWidget {{ border: none; font-weight: bold; }}
QDockWidget::title {{ background: {palette.RAISED}; padding: 4px 6px; border: none; }}
QStatusBar {{ background: {palette.RAISED}; }}
QStatusBar QLabel {{ background: transparent; padding: 0 6px; }}
QMenuBar {{ background: {palette.RAISED}; }}
QMenuBar::item {{ background: transparent; padding: 4px 9px; }}
QMenuBar::item:selected, QMenu::item:selected {{ background: {palette.SEGMENT_SELECTED}; color: {palette.TEXT}; }}
QMenu::item:disabled {{ color: {palette.MUTED_TEXT}; font-style: italic; }}
QPushButton, QPushButton:disabled, QPushButton:checked, QPushButton:checked:disabled, QPushButton:hover,
QPushButton:pressed, QPushButton:focus {{ padding: 5px 12px; }}
QPushButton:default:enabled {{ background-color: {palette.SEGMENT_SELECTED}; color: {palette.TEXT}; }}
QToolButton#transport {{ padding: 4px; min-width: 1.8em; }}
QToolButton:checked {{ background: {palette.SEGMENT_SELECTED}; color: {palette.TEXT}; }}
"""


def apply_theme(app: QApplication, text_percent: int = 100, theme: palette.Theme = "dark") -> None:
    """Dresses the whole program; text has `text_percent` of the system's size. What is open follows."""
    usual = app.property(_USUAL) or app.font().pointSizeF()
    app.setProperty(_USUAL, usual)
    font = app.font()
    font.setPointSizeF(max(SMALLEST_POINTS, usual) * text_percent / 100)
    app.setFont(font)
    before = palette.use(theme)
    app.setPalette(colours())
    app.setStyleSheet(stylesheet(theme))
    if before != palette.THEMES[theme]:
        _recolour(app, before, palette.THEMES[theme])
    renew()


def _recolour(app: QApplication, before: Mapping[str, str], now: Mapping[str, str]) -> None:
    """Style sheets of single widgets name colours by what they are: each one is taken for the same of the new theme."""
    instead = {before[name]: now[name] for name in before}
    for widget in app.allWidgets():
        old = widget.styleSheet()
        new = _COLOUR.sub(lambda found: instead.get(found[0], found[0]), old)
        if new != old:
            widget.setStyleSheet(new)


def prepare_high_dpi() -> None:
    """Sizes follow the screen's own scale, also 125 % and 150 %; before the QApplication is made."""
    QGuiApplication.setHighDpiScaleFactorRoundingPolicy(Qt.HighDpiScaleFactorRoundingPolicy.PassThrough)


def stylesheet(theme: palette.Theme = "dark") -> str:
    """QDarkStyle in our colours, with the additions; the palette is that of `theme` (`palette.use`)."""
    os.environ["QT_API"] = "pyside6"
    import qdarkstyle
    from qdarkstyle.dark.palette import DarkPalette
    from qdarkstyle.light.palette import LightPalette

    instead = ours(theme)
    sheet = qdarkstyle.load_stylesheet(qt_api="pyside6", palette=LightPalette if theme == "light" else DarkPalette)
    sheet = sheet.replace("font-size: 13px;", "")  # headers have the size of all text
    return _COLOUR.sub(lambda found: instead.get(found[0].lower(), found[0]), sheet) + additions()


def colours() -> QPalette:
    """The palette behind the style sheet, for what paints itself and for rich text's links."""
    made = QPalette()
    roles = QPalette.ColorRole
    for role, colour in {
        roles.Window: palette.PANEL,
        roles.Base: palette.BACKGROUND,
        roles.AlternateBase: palette.RAISED,
        roles.Button: palette.RAISED,
        roles.ToolTipBase: palette.RAISED,
        roles.WindowText: palette.TEXT,
        roles.Text: palette.TEXT,
        roles.ButtonText: palette.TEXT,
        roles.ToolTipText: palette.TEXT,
        roles.PlaceholderText: palette.MUTED_TEXT,
        roles.Highlight: palette.SEGMENT_SELECTED,
        roles.HighlightedText: palette.TEXT,
        roles.Link: palette.ACCENT,
        roles.LinkVisited: palette.ACCENT,
    }.items():
        made.setColor(role, QColor(colour))
    for role in (roles.WindowText, roles.Text, roles.ButtonText):
        made.setColor(QPalette.ColorGroup.Disabled, role, QColor(palette.MUTED_TEXT))
    return made


def fixed_font() -> QFont:
    """The system's font whose digits have one width, as large as all text: for timecodes and tracebacks."""
    font = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
    font.setPointSizeF(QGuiApplication.font().pointSizeF())
    return font
