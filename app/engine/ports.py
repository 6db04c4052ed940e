"""What the pipeline needs from outside, as protocols: numpy in, numpy out."""

from __future__ import annotations

from typing import Any, NamedTuple, Protocol

import msgspec
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
"""H x W x 3, RGB, 8 bits."""

Points = NDArray[np.float32]
"""N x 2, (x, y) in pixels of the upright frame."""


class DetectedFace(msgspec.Struct, frozen=True):
    """One face in one frame."""

    points: Points
    """68 x 2 landmarks of the iBUG 300-W scheme (0-based), in pixels of the frame."""
    score: float
    """The detector's confidence in [0, 1]."""


class LandmarkDetector(Protocol):
    """Finds faces and their 68 landmarks, frame after frame of one shot."""

    name: str

    def detect(self, image: Image) -> list[DetectedFace]:
        """The faces of an RGB frame, largest first; an empty list where there are none."""
        ...

    def reset(self) -> None:
        """Forgets what earlier frames told: called at a scene cut and before a new clip."""
        ...

    def close(self) -> None:
        """Gives its memory back."""
        ...


class FaceNetworks(Protocol):
    """The networks behind the default detector: RGB squares of 8 bits in, numbers of the networks out."""

    version: str

    def short_range(self, pictures: NDArray[np.uint8]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Faces near the camera: N x 128 x 128 x 3 -> (N x 896 x 16, N x 896).

        Each anchor's numbers are in pixels: the middle of a box as steps from the anchor, its width and height, and six
        key points as steps from the anchor (image-left eye, image-right eye, tip of the nose, mouth, image-left ear,
        image-right ear). Scores are in [0, 1].
        """
        ...

    def full_range(self, pictures: NDArray[np.uint8]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Faces farther away: N x 192 x 192 x 3 -> (N x 2304 x 16, N x 2304), alike."""
        ...

    def mesh(self, pictures: NDArray[np.uint8]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Of one face each, with room around it: N x 192 x 192 x 3 -> (N x 478 x 3, N).

        Vertices are in pixels, as is their depth, less being nearer; the others are the probability of a face.
        """
        ...


class Sources(msgspec.Struct, frozen=True):
    """One generated frame and where its pixels come from; coordinates run from 0 to 1 across a crop."""

    generated: Image
    """R x R x 3."""
    places: NDArray[np.float32]
    """K x S x S x 2: (x, y) in reference k of what a pixel was fetched from."""
    choice: NDArray[np.float32]
    """K x S x S: how much of what was fetched came from reference k, 0 where it was not consulted; sums to 1."""
    fetched: NDArray[np.float32]
    """S x S: how much was fetched, 0 to 1; the rest was drawn."""


class FrameBatch(NamedTuple):
    """N frames as the network takes them."""

    crops: NDArray[np.uint8]
    """N x S x S x 3."""
    sounds: NDArray[np.float32]
    """N x rows x columns: what is heard at them, see `Dubber.sound_shape`."""
    points: NDArray[np.float32]
    """N x 68 x 2: their landmarks, as shares of the crop's side."""
    shares: NDArray[np.float32]
    """N x K, at least 0 and above 0 for one of the K: how much each reference may give to each frame."""
    articulation: NDArray[np.float32]
    """N, at least 0: how far the mouth opens, 1 as far as the sound asks for. A network that is told no landmarks does
    not ask for it."""

    def rows(self, rows: slice | list[int]) -> FrameBatch:
        """Some of the frames."""
        return FrameBatch(
            self.crops[rows], self.sounds[rows], self.points[rows], self.shares[rows], self.articulation[rows]
        )


class Dubber(Protocol):
    """The network behind the pipeline: aligned crops and sound in, aligned crops out.

    Crops of frames come at the network's own size S; references at the size R that the face has in the film, as do the
    crops that it returns.
    """

    weights_name: str
    weights_sha256: str
    known_fit: float | None
    """The fit check's score on faces that the weights know; None where nobody measured it."""
    device: str
    """The device in use, for people: "cpu", or "cuda" and the card's name."""
    crop_size: int
    """S, the side of the frames' crops in pixels."""
    sound_shape: tuple[int, int]
    """Rows and columns of the window of sound at a frame."""
    hears_speech: bool
    """Whether these are columns of `listen`, 20 ms each; otherwise of a mel spectrogram, 12.5 ms each."""
    max_references: int
    """The most references of a face that it takes. Of many it may consult a few for each frame."""
    fetches: bool
    """Whether it fetches pixels from the references, so that `sources` can tell where."""
    hidden_mask: NDArray[np.float32]
    """S x S: 1 where the network draws and 0 where it sees; nothing else may be pasted."""
    attention_layers: tuple[str, ...]
    """Names of the attention layers, "5.1" to "6.2"."""
    patches: int
    """Patches along each side of the attention's grids."""

    def listen(self, sound: NDArray[np.float32]) -> NDArray[np.float32]:
        """Features of speech, n samples of 16 kHz -> n / 320 x rows. Only where it `hears_speech`."""
        ...

    def encode_references(self, crops: NDArray[np.uint8], points: NDArray[np.float32]) -> Any:
        """Prepares K references of one face; the result goes back into `dub`.

        crops: K x R x R x 3 with R >= S; points: K x 68 x 2, their landmarks, as shares of the side.
        """
        ...

    def dub(self, frames: FrameBatch, references: Any) -> NDArray[np.uint8]:
        """Re-lips N frames; returns N x R x R x 3."""
        ...

    def attention(self, frames: FrameBatch, references: Any, layer: str) -> tuple[Image, NDArray[np.float32]]:
        """Re-lips one frame and tells where each patch looked.

        Returns (crop, R x R x 3; maps, heads x patches^2 x K x patches^2); each patch's numbers sum to 1, and are 0
        within references that were not consulted.
        """
        ...

    def sources(self, frames: FrameBatch, references: Any) -> Sources:
        """Re-lips one frame and tells where each pixel was fetched from. Only where it `fetches`."""
        ...
