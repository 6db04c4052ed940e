"""The composition root: builds the parts and opens the one door to `models` (torch comes only through here)."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable, Generator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
import platformdirs
from numpy.typing import NDArray

from app.core.errors import UserError, WeightsError
from app.core.text import bytes_text
from app.engine.dub.own_speech import OwnSpeech
from app.engine.ports import DetectedFace, Dubber, FrameBatch, Image, LandmarkDetector, Sources
from app.engine.sound.listener import Listener, SpeechListener
from models.errors import ModelError

if TYPE_CHECKING:
    from app.engine.evaluation.pixel_pass import PictureTally
    from app.engine.faces.mesh_graph import NetworkEyes
    from models.faces.fan import FanDetector
    from models.ports import Request
    from models.training.lag import Lag

# Read once, when torch is loaded. OpenMP's threads wait for one another by spinning; with any other program on the same
# cores a frame then takes ten times as long.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

DETECTORS = ("facemesh", "face-alignment")


def cache_folder() -> Path:
    """Where analyses and sound are kept between runs; REDUB_CACHE names another place."""
    return Path(os.environ.get("REDUB_CACHE") or platformdirs.user_cache_dir("redub"))


def data_folder() -> Path:
    """Where this system keeps what is the user's and cannot be made again."""
    return Path(platformdirs.user_data_dir("redub", appauthor=False))


def signing_folder() -> Path:
    """Where this installation keeps what it signs exports with."""
    return data_folder() / "signing"


@contextmanager
def model_errors() -> Generator[None]:
    """Turns what `models` reports into what the user interface reports."""
    try:
        yield
    except ModelError as error:
        raise WeightsError(str(error)) from error


def make_dubber(weights: str, device: str, notify: Callable[[str], None]) -> Dubber:
    """The network with these weights on this device. Raises WeightsError with one sentence."""
    with model_errors():
        from models.networks import network
        from models.ports import Request
        from models.weights import resolve

        found = resolve(_personal_or(weights))
        make = network(found.config.network).dubber
        assert make is not None  # `resolve` finds none that dubs nothing
        return _Network(make(found, device, notify), Request)


class _Network:
    """A network behind the engine's port: what it reports becomes what the user reads."""

    def __init__(self, network: Any, request: type[Request]) -> None:
        self._network, self._request = network, request
        self.weights_name, self.weights_sha256 = network.weights_name, network.weights_sha256
        self.known_fit, self.device = network.known_fit, network.device
        self.crop_size, self.hidden_mask = network.crop_size, network.hidden_mask
        self.attention_layers, self.patches = network.attention_layers, network.patches
        self.sound_shape, self.hears_speech = network.sound_shape, network.hears_speech
        self.max_references = network.max_references
        self.fetches = network.fetches

    def listen(self, sound: NDArray[np.float32]) -> NDArray[np.float32]:
        """See `Dubber`."""
        with model_errors():
            return self._network.listen(sound)

    def encode_references(self, crops: NDArray[np.uint8], points: NDArray[np.float32]) -> Any:
        """See `Dubber`."""
        with model_errors():
            return self._network.encode_references(crops, points)

    def dub(self, frames: FrameBatch, references: Any) -> NDArray[np.uint8]:
        """See `Dubber`."""
        with model_errors():
            return self._network.dub(self._request(*frames), references)

    def attention(self, frames: FrameBatch, references: Any, layer: str) -> tuple[Image, NDArray[np.float32]]:
        """See `Dubber`."""
        with model_errors():
            return self._network.attention(self._request(*frames), references, layer)

    def sources(self, frames: FrameBatch, references: Any) -> Sources:
        """See `Dubber`."""
        with model_errors():
            return Sources(*self._network.sources(self._request(*frames), references))


def make_speech_listener(name: str) -> Listener:
    """The windows of speech features that networks hear through the encoder of that name. Raises WeightsError."""
    with model_errors():
        from models.weights import encoder_file
        from models.whisper.encoder import WINDOW
        from models.whisper.hear import hear
        from models.whisper.weights import load_whisper

        encoder = load_whisper(encoder_file(name))
        return SpeechListener(partial(hear, encoder), (encoder.config.dim, WINDOW))


def make_detector(name: str, max_faces: int = 4) -> LandmarkDetector:
    """The detector of that name. Raises UserError where there is none or it cannot be loaded."""
    if name == "facemesh":
        from app.engine.faces.mesh_detector import MeshDetector

        return MeshDetector(make_eyes(), max_faces)
    if name == "face-alignment":
        with model_errors():
            from models.faces.fan import FanDetector

            return _Fan(FanDetector())
    raise UserError(f"there is no detector {name!r}; there are {' and '.join(DETECTORS)}.")


def make_eyes() -> NetworkEyes:
    """What the default detector looks with. Raises WeightsError where its networks are missing or damaged."""
    with model_errors():
        from app.engine.faces.mesh_graph import NetworkEyes
        from models.facemesh.run import FaceNetworks
        from models.weights import FACES, checked_file

        return NetworkEyes(FaceNetworks(checked_file(FACES)))


class _Fan:
    """face-alignment behind the engine's port: `models` does not know the engine's values."""

    name = "face-alignment"

    def __init__(self, detector: FanDetector) -> None:
        self._detector = detector

    def detect(self, image: Image) -> list[DetectedFace]:
        """See `LandmarkDetector`."""
        with model_errors():
            return [DetectedFace(face.points, face.score) for face in self._detector.detect(image)]

    def reset(self) -> None:
        """See `LandmarkDetector`."""
        self._detector.reset()

    def close(self) -> None:
        """See `LandmarkDetector`."""
        self._detector.close()


def describe_devices() -> list[str]:
    """The devices that the network can run on, a line each."""
    from models.device import describe_devices as describe

    return describe()


def describe_weights() -> tuple[list[str], bool]:
    """The weights that Redub knows by name, a line each, and whether all are there and whole."""
    from models.weights import DEFAULT, checked_file, known_helpers, known_names, resolve

    names = known_names()
    lines, good = ([], True) if DEFAULT in names else ([f"{DEFAULT}: not in the catalogue"], False)
    for name in names:
        try:
            found = resolve(name)
            size = f"{found.config.size} px, {bytes_text(found.file.stat().st_size)}"
            lines.append(f"{name}: {size}, sha256 {found.sha256}")
        except ModelError as error:
            good = False
            lines.append(f"{name}: {error}")
    for name, use in known_helpers().items():
        try:
            lines.append(f"{name}: {use}, {bytes_text(checked_file(name).stat().st_size)}")
        except ModelError as error:
            good = False
            lines.append(f"{name}: {error}")
    return lines, good


def weights_sha256(name: str) -> str:
    """What the weights of that name or file hold, without loading a network. Raises WeightsError."""
    with model_errors():
        from models.weights import resolve

        return resolve(_personal_or(name)).sha256


def weights_names() -> list[str]:
    """The names of the weights in the catalogue, then of those that `personalise` made.

    Imports torch: not for the GUI thread.
    """
    from models.weights import known_names

    known = known_names()
    return [*known, *(name for name in personal_names() if name not in known)]


def personal_folder() -> Path:
    """Where weights lie that learned from the user's own clips."""
    return data_folder() / "weights"


def personal_names() -> list[str]:
    """Their names."""
    return sorted(file.stem for file in personal_folder().glob("*.safetensors"))


def _personal_or(name: str) -> str:
    """The file of personal weights of that name; the name itself where there are none, or Redub's own have it."""
    from models.weights import known_names

    file = personal_folder() / f"{name}.safetensors"
    return str(file) if name not in known_names() and name in personal_names() else name


class Personalised(msgspec.Struct, frozen=True):
    """What came of `personalise`."""

    taken: bool
    """Whether what was learned is better; otherwise nothing was written."""
    late: int
    """Frames by which the clip's sound comes late."""
    figures: tuple[tuple[str, float, float], ...]
    """(name, before, after), on the end of the clip."""
    reason: str
    """What decided, in a sentence."""


def personalise(
    weights: str, lesson: OwnSpeech, target: Path, steps: int, progress: Callable[[int, int], None]
) -> Personalised:
    """Weights that learned how one person speaks, written to `target` if they are better.

    Raises WeightsError for weights that cannot learn so, and for a lesson that is too short.
    """
    with model_errors():
        from models.networks import named, network
        from models.weights import resolve, save_weights

        start = resolve(_personal_or(weights))
        spec = network(start.config.network)
        if not spec.personal:
            raise ModelError(f"{spec.title} does not learn how one person speaks; choose weights of RADIO.")
        learn = named(spec.personal)
        found = learn(start, lesson.points, lesson.sounds, lesson.another, lesson.silence, steps, progress)
        if found.tensors is not None:
            save_weights(target, found.tensors, start.config)
    before, after = dataclasses.asdict(found.before), dataclasses.asdict(found.after)
    figures = tuple((name, before[name], after[name]) for name in before)
    return Personalised(found.tensors is not None, found.late, figures, found.reason)


def train(network: str, data: Path, folder: Path, device: str, precision: str, changes: list[str]) -> None:
    """Runs a training by its name, with a progress bar. Raises UserError where options, data or devices are wrong."""
    with model_errors():
        from app.engine.puppet.portrait_mouth import PortraitMouths
        from models.training.start import start

        try:
            start(network, data, folder, device, precision, changes, PortraitMouths())
        except ValueError as error:
            raise UserError(f"an option of the run is wrong: {error}.") from error


def measure_lags(data: Path, ear: Path) -> list[Lag]:
    """How far the sounds of prepared clips are off their pictures, by the ear in a file. Raises WeightsError."""
    with model_errors():
        from models.training.lag import measure_lags as measure

        return measure(data, ear)


def keep_lag(data: Path, lag: Lag) -> None:
    """Training takes a prepared clip's sound from where it belongs from now on. Raises UserError where it cannot."""
    from models.training.lag import keep_lag as keep

    try:
        keep(data, lag)
    except OSError as error:
        raise UserError(
            f'The lag of "{data / lag.clip}" cannot be kept ({error.strerror}): make its folder writable.'
        ) from error


def picture_figures(real: NDArray[np.uint8], generated: NDArray[np.uint8]) -> dict[str, float]:
    """PSNR, SSIM and texture ratio of N x H x W x 3 crops. Raises UserError without torchmetrics."""
    try:
        from models.evaluation.pictures import picture_figures as figures
    except ModuleNotFoundError as error:
        raise UserError(f"judging pictures needs {error.name}: install the extra `metrics`.") from error
    return figures(real, generated)


def picture_tallies() -> tuple[Callable[[], list[PictureTally]], list[str]]:
    """What makes new sums for picture figures, and a sentence for each figure that is not to be had here.

    Raises UserError without torchmetrics.
    """
    try:
        from models.evaluation.perceptual import PerceptualSums, check_perceptual
        from models.evaluation.pictures import PictureSums
    except ModuleNotFoundError as error:
        raise UserError(f"judging pictures needs {error.name}: install the extra `metrics`.") from error
    try:
        check_perceptual()
    except ModelError as error:
        return lambda: [PictureSums()], [str(error)]
    return lambda: [PictureSums(), PerceptualSums()], []
