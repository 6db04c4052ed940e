"""Our face detectors and mesh against the wheel that they were read from: detections, meshes, and whole tracks.

Needs the extra `parity`, in an environment of its own: that wheel holds NumPy below 2.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from skimage import data

pytest.importorskip(
    "mediapipe", reason="MediaPipe's wheel is not here: `pip install -e .[parity]`, in a venv of its own"
)

import mediapipe

from app.engine.evaluation.prepare_portraits import read_portraits
from app.engine.faces.mesh_detector import MeshDetector
from app.engine.media.opencv import cv2
from app.engine.media.reader import VideoReader
from app.engine.ports import Image
from app.engine.puppet.renderer import Puppet
from app.engine.puppet.speech import load_voice
from app.engine.puppet.style import PuppetStyle
from app.wiring import make_eyes
from models.facemesh.convert import FILES, converted
from models.facemesh.networks import load_networks
from models.weights import FACES, checked_file
from tests.parity.wheel import WheelEyes

SIDE = 512
SHARED = Path(__file__).resolve().parents[3] / "shared"
PORTRAITS, CLIPS = SHARED / "faces" / "catalog.csv", SHARED / "clips" / "test"


def puppets() -> Iterator[Image]:
    voice = load_voice("a")
    for seed in range(4):
        puppet = Puppet(voice.timing, voice.duration, PuppetStyle(seed), SIDE)
        yield from (puppet.render(float(time)) for time in np.linspace(0.2, voice.duration - 0.2, 4))


def turned(image: Image, degrees: float, scale: float = 1.0) -> Image:
    """In its plane, around the middle, or shrunk there."""
    matrix = cv2.getRotationMatrix2D((SIDE / 2, SIDE / 2), degrees, scale)
    return cv2.warpAffine(image, matrix, (SIDE, SIDE), borderMode=cv2.BORDER_REPLICATE).astype(np.uint8)


def material() -> list[Image]:
    """Puppets and a portrait: as they are, turned in the plane, seen from the side, small, dark, wide, tall."""
    astronaut = np.ascontiguousarray(data.astronaut())
    faces = [*puppets(), astronaut]
    some = [faces[0], faces[6], astronaut]
    turns = [turned(face, degrees) for face in some for degrees in (-60, -30, -10, 10, 30, 60)]
    small = [turned(face, 0, scale) for face in some for scale in (0.7, 0.5, 0.35)]
    aside = [cv2.resize(face, (SIDE // 2, SIDE)) for face in some]
    wide = [cv2.copyMakeBorder(face, 0, 0, 200, 120, cv2.BORDER_REPLICATE) for face in some]
    dark = [face // 4 for face in some]
    return [np.ascontiguousarray(each, np.uint8) for each in (*faces, *turns, *small, *aside, *wide, *dark)]


def apart(one: NDArray[np.float32], other: NDArray[np.float32], image: Image) -> NDArray[np.float32]:
    """How far each of two lists of places lie from one another, in pixels of a picture of 512."""
    return np.hypot(*(one - other)[:, :2].T) * SIDE / max(image.shape[:2])


def test_the_weights_are_the_wheels() -> None:
    """Half for half: the script makes what is shipped."""
    nets = load_networks(checked_file(FACES))
    for name, file in FILES.items():
        found = converted(name, (Path(mediapipe.__file__).parent / file).read_bytes())
        assert all(np.array_equal(value, nets[name].state_dict()[key]) for key, value in found.items())


def test_meshes_of_single_pictures_are_the_same() -> None:
    ours, wheel = make_eyes().single(), WheelEyes().single()
    meshed = 0
    for image in material():
        own, other = ours.process(image), wheel.process(image)
        assert (len(own.meshes), len(own.detections)) == (len(other.meshes), len(other.detections))
        for one, two in zip(own.detections, other.detections, strict=True):
            assert np.abs(one.keys - two.keys).max() < 0.1
            assert one.score == pytest.approx(two.score, abs=1e-3)
        for one, two in zip(own.meshes, other.meshes, strict=True):
            meshed += 1
            assert apart(one, two, image).max() < 0.5
            assert np.abs(one[:, 2] - two[:, 2]).max() * SIDE / max(image.shape[:2]) < 0.5
    assert meshed >= 30


def test_far_faces_are_found_alike() -> None:
    """Of 40 pixels and more, in a wide picture."""
    ours, wheel = make_eyes().far(), WheelEyes().far()
    astronaut, found = data.astronaut()[:260, 90:350], 0
    for side in (90, 120, 160):  # of which the face is about two fifths
        small = cv2.resize(astronaut, (side, side), interpolation=cv2.INTER_AREA)
        frame = np.full((540, 960, 3), 90, np.uint8)
        frame[200 : 200 + side, 300 : 300 + side] = small
        own, other = ours(frame), wheel(frame)
        assert len(own) == len(other)
        found += len(own)
        assert all(np.abs(a.keys - b.keys).max() < 0.1 for a, b in zip(own, other, strict=True))
    assert found


def test_a_face_is_followed_alike() -> None:
    """The puppet moves its head; what the detector does not look at is followed in both."""
    voice = load_voice("b")
    puppet = Puppet(voice.timing, voice.duration, PuppetStyle(2), SIDE)
    ours, wheel = MeshDetector(make_eyes()), MeshDetector(WheelEyes())
    for time in np.arange(0.2, 2.2, 0.04):
        image = puppet.render(float(time))
        (own,), (other,) = ours.detect(image), wheel.detect(image)
        assert apart(own.points, other.points, image).max() < 0.5
        assert own.score == pytest.approx(other.score, abs=0.05)


@pytest.mark.slow
@pytest.mark.skipif(not PORTRAITS.exists(), reason="there are no portraits in ../shared/faces")
def test_portraits_are_found_alike(capsys: pytest.CaptureFixture[str]) -> None:
    """As they are and 40 pixels small in a wide picture; prints how far apart."""
    sole, wheel_sole = make_eyes().single(), WheelEyes().single()
    ours, wheel = MeshDetector(make_eyes()), MeshDetector(WheelEyes())
    distances: list[float] = []
    counts = np.zeros((2, 2), int)
    for portrait in read_portraits(PORTRAITS.parent):
        picture = cv2.imdecode(np.fromfile(portrait.file, np.uint8), cv2.IMREAD_COLOR)
        if picture is None:
            continue
        image = np.ascontiguousarray(picture[..., ::-1], np.uint8)
        scale = SIDE / max(image.shape[:2])
        image = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA).astype(np.uint8)
        own, other = sole.process(image), wheel_sole.process(image)
        counts[0] += len(own.meshes), len(other.meshes)
        if own.meshes and other.meshes:
            distances.append(float(apart(own.meshes[0], other.meshes[0], image).max()))
            side = 40 / max(np.ptp(other.meshes[0][:, 0]), 1)
            small = cv2.resize(image, None, fx=side, fy=side, interpolation=cv2.INTER_AREA).astype(np.uint8)
            frame = np.full((540, 960, 3), 90, np.uint8)
            frame[100 : 100 + small.shape[0], 300 : 300 + small.shape[1]] = small[:400, :600]
            ours.reset()
            wheel.reset()
            counts[1] += len(ours.detect(frame)), len(wheel.detect(frame))
    with capsys.disabled():
        print(f"\nportraits: {counts[0]} meshes (ours, the wheel's), at 40 px {counts[1]}; farthest vertices apart by")
        print(f"{np.mean(distances):.3f} px at 512, 99 of 100 by at most {np.percentile(distances, 99):.3f}, ", end="")
        print(f"at most {max(distances):.3f}")
    assert max(distances) < 0.5
    assert (counts[:, 0] >= counts[:, 1]).all()


@pytest.mark.slow
@pytest.mark.clips
@pytest.mark.skipif(not CLIPS.exists(), reason="there are no clips in ../shared/clips")
@pytest.mark.parametrize(
    "name", ["turning-700x700-30fps.mp4", "portrait-1080x1920-25fps.mp4", "silent-576x768-25fps.mp4"]
)
def test_clips_are_followed_alike(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    ours, wheel = MeshDetector(make_eyes()), MeshDetector(WheelEyes())
    distances: list[NDArray[np.float32]] = []
    seen = np.zeros(2, int)
    with VideoReader(CLIPS / name) as reader:
        for frame in reader.frames():
            image = frame.rgb()
            own, other = ours.detect(image), wheel.detect(image)
            seen += len(own), len(other)
            if len(own) == len(other):
                distances += [apart(a.points, b.points, image) for a, b in zip(own, other, strict=True)]
            if frame.index > 200:
                break
    flat = np.stack(distances)
    with capsys.disabled():
        print(f"\n{name}: faces {seen} (ours, the wheel's); landmarks apart by {flat.mean():.3f} px at 512, ", end="")
        print(f"99 of 100 by at most {np.percentile(flat, 99):.3f}, at most {flat.max():.3f}")
    assert seen[0] >= seen[1]
    assert np.percentile(flat, 99) < 0.5
