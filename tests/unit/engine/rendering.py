"""What rendering is tested with: a small clip with a made-up face that moves, a voice with pauses, a quick network."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.core.errors import UserError
from app.engine.faces.aligner import ALIGNED_POINTS, FACE
from app.engine.faces.analysis import FaceAnalysis, FaceTrack
from app.engine.faces.mask import hidden_mask
from app.engine.media.clip import Clip, Voice, open_clip, open_voice
from app.engine.ports import Image, Points
from tests.unit.engine.media.synth import ClipRecipe, make_clip, make_wav

FRAMES = 40
GONE = range(24, 28)
"""Frames in which the face is not there."""


def face_points(x: float, y: float, eyes: float) -> Points:
    """68 landmarks of a schematic face: middle of the eyes at (x, y), `eyes` pixels between their centres."""
    points = np.zeros((68, 2))
    jaw = np.linspace(np.pi, 0, 17)
    points[:17] = np.stack([1.25 * np.cos(jaw), 0.2 + 1.7 * np.sin(jaw)], axis=1)
    points[17:27] = np.stack([np.linspace(-1, 1, 10), np.full(10, -0.4)], axis=1)
    points[31:36] = np.stack([np.linspace(-0.3, 0.3, 5), np.full(5, 0.65)], axis=1)
    for first, centre in ((36, -0.5), (42, 0.5)):
        turn = np.linspace(0, 2 * np.pi, 6, endpoint=False)
        points[first : first + 6] = np.stack([centre + 0.22 * np.cos(turn), 0.08 * np.sin(turn)], axis=1)
    for first, count, size in ((48, 12, 1.0), (60, 8, 0.6)):
        turn = np.linspace(0, 2 * np.pi, count, endpoint=False)
        points[first : first + count] = np.stack([0.5 * size * np.cos(turn), 1.18 + 0.2 * size * np.sin(turn)], axis=1)
    aligned = (np.array(FACE.template) - (0.5, FACE.eye_line)) * FACE.side
    points[list(ALIGNED_POINTS)] = aligned
    return (points * eyes + (x, y)).astype(np.float32)


def analysis_of(clip: Clip, eyes: float = 22.0, gone: range = GONE) -> FaceAnalysis:
    """Face 0 in the middle, drifting, but for `gone`; face 1 at the right edge, partly outside, throughout."""
    width, height = clip.size

    def track(number: int, face: int, start: int, stop: int) -> FaceTrack:
        x, y = (0.4 * width, 0.35 * height) if face == 0 else (0.97 * width, 0.35 * height)
        points = np.stack([face_points(x + 0.5 * k, y + 0.2 * k, eyes + 0.05 * k) for k in range(start, stop)])
        return FaceTrack(number, face, start, points, np.ones(stop - start, np.float32), np.zeros(stop - start, bool))

    there = [(0, gone.start), (gone.stop, clip.count)] if gone else [(0, clip.count)]
    tracks = *(track(number, 0, *run) for number, run in enumerate(there)), track(len(there), 1, 0, clip.count)
    times = tuple(clip.time_of(index) for index in range(clip.count))
    return FaceAnalysis(clip.size, times, (), tracks, "made up", "1")


def textured_clip(path: Path, size: tuple[int, int] = (160, 120), count: int = FRAMES) -> Clip:
    """A clip of smooth coloured noise that changes from frame to frame, 25 a second."""
    rng = np.random.default_rng(8)
    width, height = size
    base = np.kron(rng.uniform(30, 220, (height // 8 + 2, width // 8 + 2, 3)), np.ones((8, 8, 1)))
    pictures = [np.roll(base, k, axis=1)[:height, :width].astype(np.uint8) for k in range(count)]
    recipe = ClipRecipe(pts=[k * 512 for k in range(count)], size=size, pictures=pictures, sound=True)
    return open_clip(make_clip(path, recipe))


def broken_voice(path: Path, seed: int = 0) -> Voice:
    """1.6 s at 16 kHz: noise like speech from 0.2 to 0.5 s and from 1.1 to 1.5 s, faint hiss between."""
    rng = np.random.default_rng(seed)
    sound = rng.normal(0, 0.0005, 25600)
    for start, stop in ((3200, 8000), (17600, 24000)):
        sound[start:stop] += rng.normal(0, 0.2, stop - start)
    return open_voice(make_wav(path, sound.astype(np.float32), 16000))


class QuickDubber:
    """Implements the Dubber port without a network: what it draws depends on crop, sound and reference."""

    known_fit = None
    device = "cpu"
    crop_size = 64
    attention_layers = ("5.1", "6.2")
    patches = 16

    def __init__(self, weights: str = "quick") -> None:
        self.weights_name, self.weights_sha256 = weights, f"sha of {weights}"
        self.hidden_mask = hidden_mask(self.crop_size)
        self.drawn: list[int] = []
        """How many frames each call drew."""
        self.looked = 0
        self.threads: set[int] = set()
        self.gate: threading.Event | None = None
        """Where there is one, drawing waits for it."""
        self.entered = threading.Event()
        self.problem: Exception | None = None

    def encode_reference(self, crop: Image) -> Any:
        return float(crop.mean())

    def dub(self, crops: NDArray[np.uint8], mels: NDArray[np.float32], reference: Any) -> NDArray[np.uint8]:
        self.threads.add(threading.get_ident())
        self.entered.set()
        if self.gate is not None:
            assert self.gate.wait(20)
        if self.problem is not None:
            raise self.problem
        self.drawn.append(len(crops))
        drawn = np.stack([self._draw(crop, mel, reference) for crop, mel in zip(crops, mels, strict=True)])
        # as with real networks, the size of a batch shows in its last digits
        drawn[:, :, 0] ^= np.uint8(len(crops) & 1)
        return drawn

    def attention(
        self, crop: Image, mel: NDArray[np.float32], reference: Any, layer: str
    ) -> tuple[Image, NDArray[np.float32]]:
        if layer not in self.attention_layers:
            raise UserError(f"there is no layer {layer}")
        self.looked += 1
        maps = np.random.default_rng(len(layer)).uniform(0, 1, (2, 256, 256)).astype(np.float32)
        return self._draw(crop, mel, reference), maps / maps.sum(axis=2, keepdims=True)

    def _draw(self, crop: Image, mel: NDArray[np.float32], reference: float) -> Image:
        tint = np.array([mel.mean(), mel[:40].mean(), mel[40:].mean()]) * 12
        changed = np.flip(crop, axis=1).astype(np.float64) * 0.7 + 40 + tint + (reference - 120) / 4
        return np.clip(np.rint(changed), 0, 255).astype(np.uint8)
