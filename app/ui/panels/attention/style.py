"""How an attention map is shown; one value that dock, preview and saved picture share."""

from __future__ import annotations

from typing import Literal

import msgspec

from app.engine.dub.source_look import SOURCE

Patch = tuple[int, int]
"""(column, row) of a patch, or of a pixel where sources are shown, from 0 at the top left."""

ScaleKind = Literal["patch", "frame", "log"]
"""What the strongest colour stands for: this patch's largest share, the largest of any patch of the frame, or all
of it on a logarithmic scale that ends at `LOG_FLOOR`."""

LOG_FLOOR = 1e-4
"""Share at the lower end of the logarithmic scale; what is less is drawn as this."""

LAYERS = ("5.1", "5.2", "6.1", "6.2")
"""The four attention layers of the paper, ViT(2, 2): two in the decoder's layer 5, two in layer 6."""

CHOICES = (SOURCE, *LAYERS)
"""All that can be looked at, in the order of the buttons."""

COLOURS = ("viridis", "inferno", "magma", "turbo")
"""Names of colour maps in pyqtgraph: the first three are perceptually uniform, turbo shows small differences."""

MASK_COLOURS = "fetched-drawn"
"""Name of the colours from what was fetched to what was drawn; not one to choose."""


class MapStyle(msgspec.Struct, frozen=True):
    """The choices of the dock's controls."""

    head: int | None = None
    """Which head, from 0; None for the mean of all."""
    colours: str = "viridis"
    """One of `COLOURS`."""
    scale: ScaleKind = "patch"
    opacity: float = 0.65
    """Of the map over a picture, 0 to 1."""
    smooth: bool = False
    """Blends from patch to patch; else each patch is one flat square, which shows what was computed."""
    grid: bool = True
    """Whether the patch grid is drawn on the generated face."""
    on_preview: bool = True
    """Whether the map is also drawn over the preview (the grid is there as long as attention is on)."""
    mask: bool = False
    """Whether sources are shown with how much of each pixel was fetched and how much drawn."""


def layer_text(layer: str) -> str:
    """The layer as the paper writes it: "Att 6,2"; or "Source"."""
    return "Source" if layer == SOURCE else f"Att {layer.replace('.', ',')}"


def head_text(head: int | None, heads: int) -> str:
    """The head for people: counted from 1."""
    return f"mean of {heads} heads" if head is None else f"head {head + 1} of {heads}"


def layer_hint(layer: str) -> str:
    """What the paper says of a layer (supplement, section D, figure 2), or what sources are."""
    if layer == SOURCE:
        return "Where in which reference each pixel was fetched, and how much of it was drawn."
    if layer.startswith("5"):
        return "Layer 5 looks at regions that matter to the patch."
    return "Layer 6 looks for fine texture and colour over the whole image."
