"""The quicker networks are the plain ones; what holds no networks is refused in a sentence."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from skimage import data
from torch import nn

from app.engine.media.opencv import cv2
from models.errors import ModelError
from models.facemesh.convert import converted
from models.facemesh.fast_networks import FastMesh, FastShortRange
from models.facemesh.networks import NETWORKS, load_networks, save_networks
from models.facemesh.regions import LIPS, REGIONS, SIDE, fetched_at, region_transforms, transformed
from models.facemesh.run import FaceNetworks
from models.facemesh.tflite_file import read_graph
from models.weights import FACES, checked_file


@pytest.fixture(scope="module")
def nets() -> dict[str, nn.Module]:
    return load_networks(checked_file(FACES))


@pytest.fixture(scope="module")
def networks() -> FaceNetworks:
    return FaceNetworks(checked_file(FACES))


def pictures(side: int) -> NDArray[np.uint8]:
    """A face as it is, mirrored and dark."""
    face = cv2.resize(data.astronaut()[35:205, 138:308], (side, side), interpolation=cv2.INTER_AREA)
    return np.stack([face, face[:, ::-1], face // 3]).astype(np.uint8)


@pytest.mark.parametrize(
    ("name", "low", "high"), [("short_range", -1.0, 1.0), ("full_range", -1.0, 1.0), ("mesh", 0.0, 1.0)]
)
def test_what_runs_is_what_was_read(
    nets: dict[str, nn.Module], networks: FaceNetworks, name: str, low: float, high: float
) -> None:
    """Recorded and not, one picture and several."""
    levels = pictures(NETWORKS[name].side)
    with torch.inference_mode():
        x = torch.from_numpy(levels).permute(0, 3, 1, 2).float() / 255 * (high - low) + low
        numbers, logits = (part.numpy() for part in nets[name](x))
    run = {"short_range": networks.short_range, "full_range": networks.full_range, "mesh": networks.mesh}[name]
    together = run(levels)
    alone = [run(levels[k : k + 1]) for k in range(len(levels))]
    for found in (together, tuple(np.concatenate(part) for part in zip(*alone, strict=True))):
        np.testing.assert_allclose(found[0], numbers, atol=2e-3)
        np.testing.assert_allclose(found[1], 1 / (1 + np.exp(-logits.astype(np.float64))), atol=1e-4)


def test_plain_and_quick_agree_for_any_weights() -> None:
    """Not only where biases and slopes are those that were read."""
    torch.manual_seed(5)
    for name, quick in (("short_range", FastShortRange), ("mesh", FastMesh)):
        net = NETWORKS[name].make()
        for parameter in net.parameters():
            nn.init.normal_(parameter, std=0.1)
        low, high = (-1.0, 1.0) if name == "short_range" else (0.0, 1.0)
        levels = torch.randint(0, 256, (2, NETWORKS[name].side, NETWORKS[name].side, 3)).float()
        with torch.inference_mode():
            x = levels.permute(0, 3, 1, 2) / 255 * (high - low) + low
            for plain, fast in zip(net(x), quick(net)(levels), strict=True):  # type: ignore[arg-type]
                torch.testing.assert_close(fast, plain, atol=1e-3, rtol=1e-3)


def test_threads_are_left_as_they_were(networks: FaceNetworks) -> None:
    before = torch.get_num_threads()
    networks.mesh(pictures(192))
    assert torch.get_num_threads() == before


def test_a_face_has_presence_and_noise_has_none(networks: FaceNetworks) -> None:
    noise = np.random.default_rng(3).integers(0, 255, (1, 192, 192, 3), dtype=np.uint8)
    face = pictures(192)[:1]
    assert networks.mesh(face)[1][0] > 0.9
    assert networks.mesh(noise)[1][0] < 0.5


def test_a_region_is_turned_upright() -> None:
    """Mouth corners 10 places apart on a line that rises by 30 degrees: level in what is fetched, in its middle."""
    angle = np.deg2rad(30)
    places = torch.full((1, 468, 2), 20.0)
    along = torch.tensor([np.cos(angle), np.sin(angle)], dtype=torch.float32)
    places[0, LIPS.left], places[0, LIPS.right] = 20 - 5 * along, 20 + 5 * along
    transform = region_transforms(places)[:, 0]
    ends = transformed(torch.tensor([[[0.0, SIDE / 2], [SIDE, SIDE / 2]]]), transform)[0]
    torch.testing.assert_close(ends[0], 20 - 7.5 * along)
    torch.testing.assert_close(ends[1], 20 + 7.5 * along)


def test_what_is_fetched_lies_between_four_places_and_is_nothing_outside() -> None:
    features = torch.arange(48.0).expand(1, 2, 48, 48).contiguous()  # the column
    straight = torch.tensor([[1.0, 0.0, 4.25], [0.0, 1.0, 40.0]]).expand(1, len(REGIONS), 2, 3)
    found = fetched_at(features, straight)[0, 0, :SIDE]
    torch.testing.assert_close(found[:8], (torch.arange(SIDE) + 4.25).expand(8, SIDE))
    assert not found[8:].any()


def test_a_region_without_an_extent_is_no_number_that_is_none() -> None:
    assert torch.isfinite(region_transforms(torch.full((1, 468, 2), 7.0))).all()


def test_weights_are_whole_or_refused(nets: dict[str, nn.Module], tmp_path: Path) -> None:
    file = tmp_path / "faces.safetensors"
    save_networks(file, {name: net.state_dict() for name, net in nets.items()})
    assert file.read_bytes() == checked_file(FACES).read_bytes()
    save_networks(file, {name: net.state_dict() for name, net in nets.items() if name != "mesh"})
    with pytest.raises(ModelError, match=r"lacks tensors of mesh"):
        load_networks(file)
    with pytest.raises(ModelError, match="missing"):
        load_networks(tmp_path / "none.safetensors")
    with pytest.raises(ModelError, match="no face detectors"):
        load_networks(checked_file("whisper-base"))


@pytest.mark.parametrize(
    "content", [b"", b"TFL3", b"\x10\0\0\0TFL3" + bytes(8), b"\xff" * 64, b"\x08\0\0\0TFL3" + b"\xf0" * 40]
)
def test_what_is_no_tflite_file_is_refused(content: bytes) -> None:
    with pytest.raises(ModelError, match="no TensorFlow Lite file"):
        read_graph(content)
    with pytest.raises(ModelError):
        converted("mesh", content)


def test_the_card_tells_what_the_catalogue_does() -> None:
    card = checked_file(FACES).with_suffix(".md").read_text()
    assert re.search(r"Apache", card) and "Google" in card
