"""The editor's colours, as hex strings; every text colour has a contrast of at least 4.5:1 on each ground.

They are those of the theme in use and change with it (`use`): read them where something is drawn, and never keep them.
`contrast` is the ratio of WCAG 2.2 (https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

Theme = Literal["dark", "light"]

DARK = {
    "BACKGROUND": "#16181c",
    "PANEL": "#1f2228",
    "RAISED": "#2b3038",
    "CONTROL": "#363d48",
    "LINE": "#4a515d",
    "TEXT": "#e8eaed",
    "MUTED_TEXT": "#a9b1bd",
    "ACCENT": "#5aa9f0",
    "FOCUS": "#ffd166",
    "PLAYHEAD": "#ff5c5c",
    "SEGMENT": "#2f6f62",
    "SEGMENT_SELECTED": "#2a65a5",
    "VOICE_WAVE": "#63d2b4",
    "ORIGINAL_WAVE": "#9aa7ff",
    "DIRTY": "#8f2f35",
    "RENDERING": "#e0912f",
    "READY": "#2f8a4a",
    "FAILED": "#d05fd6",
    "MARKER": "#f2c14e",
    "IN_OUT": "#7cc7ff",
    "WARNING": "#ffb454",
    "ERROR": "#ff8080",
}
LIGHT = {
    "BACKGROUND": "#eceef1",
    "PANEL": "#f7f8fa",
    "RAISED": "#dfe3e9",
    "CONTROL": "#d0d6de",
    "LINE": "#9ea7b4",
    "TEXT": "#1c2128",
    "MUTED_TEXT": "#4b5563",
    "ACCENT": "#0a5cae",
    "FOCUS": "#a03c00",
    "PLAYHEAD": "#cc1f1f",
    "SEGMENT": "#a9dccd",
    "SEGMENT_SELECTED": "#a9cff6",
    "VOICE_WAVE": "#0d6650",
    "ORIGINAL_WAVE": "#4350b5",
    "DIRTY": "#c4575e",
    "RENDERING": "#d98614",
    "READY": "#37995a",
    "FAILED": "#a53bac",
    "MARKER": "#785200",
    "IN_OUT": "#135d97",
    "WARNING": "#864800",
    "ERROR": "#ad222b",
}
THEMES: dict[Theme, Mapping[str, str]] = {"dark": DARK, "light": LIGHT}

BACKGROUND: str = DARK["BACKGROUND"]
"""Behind pictures and tracks."""
PANEL: str = DARK["PANEL"]
"""Docks, dialogs, menus."""
RAISED: str = DARK["RAISED"]
"""Buttons, fields, headers."""
CONTROL: str = DARK["CONTROL"]
"""Buttons that are pressed or under the mouse."""
LINE: str = DARK["LINE"]
"""Thin lines between areas; carries no meaning alone."""
TEXT: str = DARK["TEXT"]
MUTED_TEXT: str = DARK["MUTED_TEXT"]
"""Second-rank text and disabled items: still 4.5:1."""
ACCENT: str = DARK["ACCENT"]
"""What is chosen or running; links."""
FOCUS: str = DARK["FOCUS"]
"""The ring around what has the keyboard."""
PLAYHEAD: str = DARK["PLAYHEAD"]
SEGMENT: str = DARK["SEGMENT"]
"""Fill of a dubbed stretch; TEXT on it is legible."""
SEGMENT_SELECTED: str = DARK["SEGMENT_SELECTED"]
VOICE_WAVE: str = DARK["VOICE_WAVE"]
ORIGINAL_WAVE: str = DARK["ORIGINAL_WAVE"]
DIRTY: str = DARK["DIRTY"]
"""Render strip: not rendered."""
RENDERING: str = DARK["RENDERING"]
READY: str = DARK["READY"]
FAILED: str = DARK["FAILED"]
"""Render strip: failed; drawn hatched too."""
MARKER: str = DARK["MARKER"]
IN_OUT: str = DARK["IN_OUT"]
WARNING: str = DARK["WARNING"]
"""Text and signs of what should be looked at."""
ERROR: str = DARK["ERROR"]
"""Text and signs of what went wrong."""

ON_PICTURE, ON_PICTURE_CHOSEN, ON_PICTURE_TEXT = "#e8eaed", "#5aa9f0", "#16181c"
"""Lines over the film with a dark edge, what is chosen there, and text on both: the same in every theme."""
GROUNDS = ("BACKGROUND", "PANEL", "RAISED")
"""Names of what text stands on."""
TEXT_COLOURS = (
    "TEXT",
    "MUTED_TEXT",
    "ACCENT",
    "FOCUS",
    "VOICE_WAVE",
    "ORIGINAL_WAVE",
    "MARKER",
    "IN_OUT",
    "WARNING",
    "ERROR",
)
"""Names of what text is written in."""


def use(theme: Theme) -> Mapping[str, str]:
    """Takes another theme; the colours that were in use before, by name."""
    before = {name: globals()[name] for name in DARK}
    globals().update(THEMES[theme])
    return before


def luminance(colour: str) -> float:
    """Relative luminance of "#rrggbb", 0 (black) to 1 (white), by WCAG 2.2."""
    channels = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two colours, 1 to 21."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)
