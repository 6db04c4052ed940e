"""What the dock says of what it shows, be that attention or sources."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.engine.dub.source_look import SOURCE, SourceLook
from app.ui.panels.attention.sources import parts_text, source_text
from app.ui.panels.attention.style import MapStyle, Patch, head_text, layer_text
from app.ui.panels.attention.values import entropy_text, readout, summary_text

if TYPE_CHECKING:
    from app.engine.dub.attention_picture import Look


def shown_text(seen: Look | SourceLook, layer: str, style: MapStyle, patch: Patch) -> str:
    """Which layer, head and patch the pictures show, or which pixel."""
    column, row = patch
    if isinstance(seen, SourceLook):
        return f"{layer_text(SOURCE)} · pixel {column}, {row}"
    head = head_text(style.head, len(seen.maps))
    return f"{layer_text(layer)}, {head} · patch column {column}, row {row}"


def readout_text(seen: Look | SourceLook, style: MapStyle, patch: Patch, under: Patch | None) -> str:
    """Where the pixel comes from; of a map, the exact value of the patch under the mouse, else the whole in numbers."""
    if isinstance(seen, SourceLook):
        return source_text(seen, patch)
    if under is not None:
        return readout(seen, patch, style.head, under)
    return summary_text(seen.map_of(patch, style.head))


def readout_hint(seen: Look | SourceLook, style: MapStyle, patch: Patch) -> str:
    """What belongs to the readout and is rarely wanted."""
    if isinstance(seen, SourceLook):
        size = seen.generated.shape[0]
        return f"{parts_text(seen, patch)}. The way is in pixels of the pictures, which have {size} a side."
    return f"Spread: as if over so many patches evenly; {entropy_text(seen.map_of(patch, style.head))}"
