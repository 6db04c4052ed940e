"""What rendering is tested with: a small clip with a made-up face that moves, a voice with pauses, a quick network."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from app.core.errors import UserError
from app.engine.faces.aligner import ALIGNED_POINTS, FACE
from app.engine.faces.analysis import FaceAnalysis, FaceTrack
from app.engine.faces.mask import hidden_mask
from app.engine.media.clip import Clip, Voice, open_clip, open_voice
from app.engine.media.opencv import cv2
from app.engine.ports import FrameBatch, Image, Points, Sources
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
        points[first : first + count] = np.stack([-0.5 * size * np.cos(turn), 1.18 - 0.2 * size * np.sin(turn)], axis=1)
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


class _Encoded(NamedTuple):
    """References as the quick network keeps them."""

    crops: NDArray[np.uint8]
    """K x R x R x 3."""
    points: Points
    """K x 68 x 2."""


class QuickDubber:
    """Implements the Dubber port without a network: what it draws depends on all that it is shown."""

    known_fit: float | None = None
    device = "cpu"
    crop_size = 64
    sound_shape = (80, 24)
    hears_speech = False
    max_references = 3
    fetches = True
    attention_layers: tuple[str, ...] = ("5.1", "6.2")
    patches = 16

    def __init__(self, weights: str = "quick") -> None:
        self.weights_name, self.weights_sha256 = weights, f"sha of {weights}"
        self.hidden_mask = hidden_mask(self.crop_size)
        self.drawn: list[int] = []
        """How many frames each call drew."""
        self.looked = 0
        """How often it told where it looked, or where its pixels come from."""
        self.threads: set[int] = set()
        self.gate: threading.Event | None = None
        """Where there is one, drawing waits for it."""
        self.entered = threading.Event()
        self.problem: Exception | None = None

    def listen(self, sound: NDArray[np.float32]) -> NDArray[np.float32]:
        raise AssertionError("it hears a mel spectrogram")

    def encode_references(self, crops: NDArray[np.uint8], points: NDArray[np.float32]) -> Any:
        count, side = crops.shape[:2]
        assert 1 <= count <= self.max_references and crops.shape == (count, side, side, 3) and side >= self.crop_size
        assert points.shape == (count, 68, 2)
        return _Encoded(crops.copy(), points.copy())

    def dub(self, frames: FrameBatch, references: Any) -> NDArray[np.uint8]:
        self.threads.add(threading.get_ident())
        self.entered.set()
        if self.gate is not None:
            assert self.gate.wait(20)
        if self.problem is not None:
            raise self.problem
        self.drawn.append(len(frames.crops))
        drawn = self._draw(frames, references)
        # as with real networks, the size of a batch shows in its last digits
        drawn[:, :, 0] ^= np.uint8(len(frames.crops) & 1)
        return drawn

    def attention(self, frames: FrameBatch, references: Any, layer: str) -> tuple[Image, NDArray[np.float32]]:
        if layer not in self.attention_layers:
            raise UserError(f"there is no layer {layer}")
        self.looked += 1
        count = len(references.crops)
        maps = np.random.default_rng(len(layer)).uniform(0, 1, (2, 256, count, 256)) * frames.shares[0][:, None]
        maps /= maps.sum(axis=(2, 3), keepdims=True)
        return self._draw(frames, references)[0], maps.astype(np.float32)

    def sources(self, frames: FrameBatch, references: Any) -> Sources:
        self.looked += 1
        at = (np.arange(self.crop_size) + 0.5) / self.crop_size
        own = np.stack(np.meshgrid(at, at), axis=-1)
        away = references.points.mean(axis=1) - frames.points[0].mean(axis=0)
        given = frames.shares[0] / frames.shares[0].sum()
        return Sources(
            generated=self._draw(frames, references)[0],
            places=(own + away[:, None, None]).astype(np.float32),
            choice=np.tile(given[:, None, None], (1, *own.shape[:2])).astype(np.float32),
            fetched=self.hidden_mask * np.float32(0.75),
        )

    def _draw(self, frames: FrameBatch, references: _Encoded) -> NDArray[np.uint8]:
        count, size = len(frames.crops), self.crop_size
        assert frames.crops.shape == (count, size, size, 3) and frames.sounds.shape == (count, *self.sound_shape)
        assert frames.points.shape == (count, 68, 2) and frames.shares.shape == (count, len(references.crops))
        return np.stack([self._draw_one(*frame, references) for frame in zip(*frames, strict=True)])

    def _draw_one(
        self,
        crop: Image,
        mel: NDArray[np.float32],
        points: Points,
        shares: NDArray[np.float32],
        articulation: np.float32,
        references: _Encoded,
    ) -> Image:
        assert shares.min() >= 0 and shares.max() > 0
        side = references.crops.shape[1]
        given = np.tensordot(shares / shares.sum(), references.crops.astype(np.float64), axes=1)
        seen = cv2.resize(np.flip(crop, axis=1), (side, side), interpolation=cv2.INTER_LINEAR)
        tint = np.array([mel.mean(), mel[:40].mean(), mel[40:].mean()]) * 12
        place = (points.mean() - references.points.mean()) * 100 + (articulation - 1) * 9
        return np.clip(np.rint(0.7 * seen + 0.25 * given + 10 + tint + place), 0, 255).astype(np.uint8)
