"""A dub from the command line is signed and can be verified; unsigned only where that is asked for."""

from __future__ import annotations

import json
from pathlib import Path

import c2pa
import pytest

from tests.e2e.material import Dub, Dubbing, redub


@pytest.fixture(scope="module")
def signed(weights: Path, clip: Path, voice: Path, tmp_path_factory: pytest.TempPathFactory) -> Dub:
    """Dubbed in two ranges, with all that can be declared."""
    dubbing = Dubbing(weights, tmp_path_factory.mktemp("signed"))
    declared = ("--translated", "en", "de", "--consent", "The puppet, as ever")
    return dubbing(clip, voice, "--range", "0.2-0.4", "--range", "0.8-1", *declared)


def test_a_dub_carries_a_manifest_that_a_reader_finds(signed: Dub, clip: Path, voice: Path) -> None:
    with c2pa.Reader(str(signed.file)) as reader:
        found, state = json.loads(reader.json()), reader.get_validation_state()
    manifest = found["manifests"][found["active_manifest"]]
    assert state == "Valid" and manifest["title"] == signed.file.name
    assert {(one["title"], one["relationship"]) for one in manifest["ingredients"]} == {
        (clip.name, "parentOf"),
        (voice.name, "inputTo"),
    }
    data = {one["label"]: one["data"] for one in manifest["assertions"]}
    actions = {action["action"]: action for action in data["c2pa.actions.v2"]["actions"]}
    times = [region["time"] for region in actions["c2pa.dubbed"]["changes"][0]["region"]]
    assert [(time["start"], time["end"]) for time in times] == [("0.200", "0.400"), ("0.800", "1.000")]
    assert data["org.redub.dub"]["weights_sha256"] == signed.report["weights_sha256"]
    assert data["org.redub.consent"]["statement"] == "The puppet, as ever"
    assert signed.report["signed_by"] == "Redub on this computer"


def test_it_is_verified_here(signed: Dub, capfd: pytest.CaptureFixture[str]) -> None:
    assert redub("verify", signed.file) == 0
    said = capfd.readouterr().out
    assert "whom this computer trusts" in said and "Translated from en to de." in said
    changed = signed.file.with_name("changed.mp4")
    data = bytearray(signed.file.read_bytes())
    data[-500] ^= 1
    changed.write_bytes(data)
    assert redub("verify", changed) == 1
    assert "was changed after it was signed" in capfd.readouterr().out


def test_unsigned_is_explicit(weights: Path, clip: Path, voice: Path, tmp_path: Path) -> None:
    made = Dubbing(weights, tmp_path)(clip, voice, "--range", "0.2-0.4", "--unsigned")
    assert made.report["signed_by"] == ""
    assert redub("verify", made.file) == 1


def test_a_certificate_without_its_key_is_refused(
    clip: Path, voice: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Before anything is drawn; nothing is left behind."""
    options = ("-o", tmp_path / "out.mp4", "--certificate", tmp_path / "chain.pem")
    assert redub("dub", clip, voice, *options) == 2
    assert "belong together" in capfd.readouterr().err
    assert redub("dub", clip, voice, *options, "--certificate-key", tmp_path / "key.pem") == 2
    assert "cannot be read" in capfd.readouterr().err
    assert list(tmp_path.iterdir()) == []
