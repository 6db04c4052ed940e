"""Windows of read speech and the phone at the middle of each, as `prepare --speech` leaves them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.data.augment import AugmentConfig, revoiced
from models.errors import ModelError

FORMAT = 1
"""Version of the folder layout; `prepare --speech` writes the same number."""
BINS = 80
UNKNOWN = 255
SILENCE_SHARE = 0.1
"""Most of a batch that may be silence."""
FASTER = (0.85, 1.18)
"""Bounds of the factor by which a window is sped up."""


class SpeechWindows:
    """Draws windows from prepared speech, speakers balanced. Raises ModelError where it is missing or damaged."""

    def __init__(self, root: Path, columns: int, augment: AugmentConfig) -> None:
        meta = _read_meta(root)
        self.phones: tuple[str, ...] = tuple(meta["phones"])
        self.columns, self._augment = columns, augment
        try:
            self._mels: NDArray[np.float16] = np.memmap(root / "mels.f16", np.float16, "r").reshape(-1, BINS)
            self._phones: NDArray[np.uint8] = np.fromfile(root / "phones.u8", np.uint8)
        except (OSError, ValueError) as error:
            raise ModelError(
                f"the prepared speech in {root} is damaged ({error}); run `prepare --speech` again."
            ) from error
        if len(self._mels) != len(self._phones):
            raise ModelError(f"the prepared speech in {root} is damaged (lengths); run `prepare --speech` again.")
        self._spoken, self._odds = _columns_by_speaker(meta["utterances"], self._phones, columns, silence=False)
        self._silent, self._silent_odds = _columns_by_speaker(meta["utterances"], self._phones, columns, silence=True)
        if not self._spoken:
            raise ModelError(f"{root} holds nothing that is long enough; run `prepare --speech` with longer sentences.")

    def batch(self, rng: np.random.Generator, size: int) -> tuple[Tensor, Tensor]:
        """(mels, size x 80 x columns; phone numbers, size)."""
        silent = rng.binomial(size, SILENCE_SHARE) if len(self._silent) else 0
        middles = [_drawn(rng, self._spoken, self._odds) for _ in range(size - silent)]
        middles += [_drawn(rng, self._silent, self._silent_odds) for _ in range(silent)]
        windows = np.stack([revoiced(self._window(rng, middle), rng, self._augment) for middle in middles])
        return torch.from_numpy(windows), torch.from_numpy(self._phones[middles].astype(np.int64))

    def _window(self, rng: np.random.Generator, middle: int) -> NDArray[np.float16]:
        """80 x columns around column `middle`, spoken faster or slower."""
        speed = float(np.exp(rng.uniform(*np.log(FASTER))))
        at = middle + (np.arange(self.columns) - (self.columns - 1) / 2) * speed
        low = np.floor(at).astype(int)
        share = (at - low)[:, None].astype(np.float32)
        last = len(self._mels) - 1
        near, far = self._mels[np.clip(low, 0, last)], self._mels[np.clip(low + 1, 0, last)]
        return (near * (1 - share) + far * share).T.astype(np.float16)


def _read_meta(root: Path) -> dict[str, Any]:
    """What `speech.json` says."""
    try:
        meta: dict[str, Any] = json.loads((root / "speech.json").read_text())
    except (OSError, ValueError) as error:
        raise ModelError(f"{root} holds no prepared speech ({error}); run `prepare --speech` first.") from error
    if meta.get("format") != FORMAT:
        raise ModelError(f"{root} was prepared by another version of Redub; run `prepare --speech` again.")
    return meta


Columns = list[NDArray[np.int64]]
"""For each speaker, the columns that may be a window's middle."""


def _columns_by_speaker(
    utterances: list[dict[str, Any]], phones: NDArray[np.uint8], columns: int, silence: bool
) -> tuple[Columns, NDArray[np.float64]]:
    """The columns of each speaker with a known phone, or with silence, and how often the speaker is drawn."""
    found: dict[str, list[NDArray[np.int64]]] = {}
    for one in utterances:
        inside = np.arange(one["first"] + columns // 2, one["first"] + one["columns"] - columns // 2)
        here = phones[inside]
        wanted = (here == 0) if silence else ((here != 0) & (here != UNKNOWN))
        if wanted.any():
            found.setdefault(one["speaker"], []).append(inside[wanted])
    joined = [np.concatenate(parts) for parts in found.values()]
    weights = np.sqrt([len(part) for part in joined])
    return joined, weights / max(weights.sum(), 1)


def _drawn(rng: np.random.Generator, columns: Columns, odds: NDArray[np.float64]) -> int:
    """A column of a random speaker."""
    own = columns[int(rng.choice(len(columns), p=odds))]
    return int(own[rng.integers(len(own))])
