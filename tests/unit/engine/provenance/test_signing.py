"""A signed file says what was done, keeps what its parents say, and shows when it was changed."""

from __future__ import annotations

import hashlib
import json
import shutil
from fractions import Fraction
from pathlib import Path

import c2pa
import msgspec
import pytest

from app.core.errors import UserError
from app.core.timebase import TimeRange
from app.engine.provenance.credentials import Credentials, own_authority, own_credentials
from app.engine.provenance.signing import SOURCE_TYPE, SigningError, sign
from app.engine.provenance.statement import Facts, Statement
from app.engine.provenance.verify import verify
from tests.unit.engine.rendering import textured_clip


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("signing")
    own_credentials(folder)
    return folder


@pytest.fixture
def credentials(keys: Path) -> Credentials:
    return own_credentials(keys)


@pytest.fixture
def facts(tmp_path: Path) -> Facts:
    """Of a clip and a voice."""
    textured_clip(tmp_path / "clip.mp4")
    (tmp_path / "voice.ogg").write_bytes(b"a voice")
    return Facts(
        title="out.mp4",
        clip=str(tmp_path / "clip.mp4"),
        voices=(str(tmp_path / "voice.ogg"),),
        weights="quick",
        weights_sha256="ab" * 32,
        ranges=(TimeRange(Fraction(1, 2), Fraction(5, 4)), TimeRange(Fraction(2), Fraction(3))),
    )


def exported(facts: Facts, name: str = "out.mp4") -> Path:
    """What an encoder would have written."""
    target = Path(facts.clip).with_name(name)
    shutil.copy(facts.clip, target)
    return target


def read(file: Path) -> dict[str, object]:
    """By the library's own reader: the active manifest."""
    with c2pa.Reader(str(file)) as reader:
        found = json.loads(reader.json())
    return dict(found["manifests"][found["active_manifest"]])


def assertion(manifest: dict[str, object], label: str) -> dict[str, object]:
    found = [one["data"] for one in manifest["assertions"] if one["label"] == label]  # type: ignore[attr-defined]
    assert len(found) == 1
    return dict(found[0])


def test_a_signed_export_says_what_was_done(facts: Facts, credentials: Credentials) -> None:
    file = exported(facts)
    plain = file.read_bytes()
    sign(file, facts, Statement(translated=("en", "de"), consent="A. N. Other, by contract"), credentials)
    manifest = read(file)
    actions = assertion(manifest, "c2pa.actions.v2")["actions"]
    named = {action["action"]: action for action in actions}  # type: ignore[attr-defined]
    assert list(named) == ["c2pa.opened", "c2pa.dubbed", "c2pa.edited", "c2pa.translated"]
    (change,) = named["c2pa.dubbed"]["changes"]
    assert change["description"] == "lips"
    assert [(r["time"]["start"], r["time"]["end"]) for r in change["region"]] == [
        ("0.500", "1.250"),
        ("2.000", "3.000"),
    ]
    assert named["c2pa.edited"]["digitalSourceType"] == SOURCE_TYPE
    assert named["c2pa.translated"]["parameters"] == {"sourceLanguage": "en", "targetLanguage": "de"}
    dub = assertion(manifest, "org.redub.dub")
    assert (dub["weights"], dub["weights_sha256"]) == ("quick", "ab" * 32)
    assert dub["voices"] == [{"name": "voice.ogg", "sha256": hashlib.sha256(b"a voice").hexdigest()}]
    assert assertion(manifest, "org.redub.consent") == {"statement": "A. N. Other, by contract"}
    assert len(file.read_bytes()) > len(plain)
    assert sorted(path.name for path in file.parent.iterdir()) == ["clip.mp4", "out.mp4", "voice.ogg"]


def test_only_what_the_user_declares_is_declared(facts: Facts, credentials: Credentials) -> None:
    file = exported(facts)
    sign(file, facts, Statement(), credentials)
    manifest = read(file)
    actions = assertion(manifest, "c2pa.actions.v2")["actions"]
    assert "c2pa.translated" not in [action["action"] for action in actions]  # type: ignore[attr-defined]
    assert "org.redub.consent" not in [one["label"] for one in manifest["assertions"]]  # type: ignore[attr-defined]


def test_the_installation_trusts_itself_and_nobody_else_does(
    facts: Facts, credentials: Credentials, keys: Path
) -> None:
    file = exported(facts)
    sign(file, facts, Statement(), credentials)
    trusted, elsewhere = verify(file, own_authority(keys)), verify(file)
    assert (trusted.state, elsewhere.state) == ("trusted", "valid")
    assert "whom this computer trusts" in trusted.sentences[0]
    assert "this computer cannot tell" in elsewhere.sentences[0]
    assert trusted.sentences[1:] == elsewhere.sentences[1:]
    said = " ".join(trusted.sentences)
    for part in (
        "lips changed: 0.500 to 1.250 s",
        "2.000 to 3.000 s",
        "weights quick to voice.ogg",
        "trained network",
    ):
        assert part in said
    assert 'Made from "clip.mp4", which carried no manifest.' in said


@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
def test_one_flipped_bit_is_noticed(facts: Facts, credentials: Credentials, keys: Path, share: float) -> None:
    """Wherever in the picture's and the sound's bytes."""
    file = exported(facts)
    sign(file, facts, Statement(), credentials)
    data = bytearray(file.read_bytes())
    start = data.index(b"mdat")
    data[start + round(share * (len(data) - start))] ^= 1
    file.write_bytes(data)
    found = verify(file, own_authority(keys))
    assert found.state == "broken"
    assert "was changed after it was signed" in found.sentences[0]


def test_a_parents_own_manifest_is_kept(facts: Facts, credentials: Credentials, keys: Path) -> None:
    """A clip that was dubbed before: both dubs are told."""
    clip = Path(facts.clip)
    first = exported(facts, "first.mp4")
    sign(first, msgspec.structs.replace(facts, title="first.mp4", weights="earlier"), Statement(), credentials)
    shutil.move(first, clip)
    again = exported(facts)
    sign(again, facts, Statement(), credentials)
    found = verify(again, own_authority(keys))
    said = " ".join(found.sentences)
    assert found.state == "trusted" and len(found.manifests["manifests"]) == 2
    assert "the weights quick" in said and 'Made from "clip.mp4", whose own manifest says:' in said
    assert "the weights earlier" in said


def test_a_parent_that_nobody_can_look_into_is_named_by_its_hash(facts: Facts, credentials: Credentials) -> None:
    clip = Path(facts.clip).rename(Path(facts.clip).with_name("clip.mkv"))
    file = clip.with_name("out.mp4")
    shutil.copy(clip, file)
    sign(file, msgspec.structs.replace(facts, clip=str(clip)), Statement(), credentials)
    parent = read(file)["ingredients"][0]  # type: ignore[index]
    assert parent["title"] == "clip.mkv" and parent["relationship"] == "parentOf"
    assert hashlib.sha256(clip.read_bytes()).hexdigest() in parent["instance_id"]


def test_an_ingredient_that_the_library_refuses_is_named_by_its_hash(facts: Facts, credentials: Credentials) -> None:
    """It is stricter than players: the header of a WAV may be a pipe's, and a film's ending may be wrong."""
    clip, voice = Path(facts.clip), Path(facts.clip).with_name("voice.wav")
    voice.write_bytes(b"RIFF\xff\xff\xff\xffWAVEfmt ")
    other = Path(shutil.move(clip, clip.with_name("clip.avi")))
    file = other.with_name("out.mp4")
    shutil.copy(other, file)
    changed = msgspec.structs.replace(facts, clip=str(other), voices=(str(voice), *facts.voices))
    sign(file, changed, Statement(), credentials)
    found = {one["title"]: one for one in read(file)["ingredients"]}  # type: ignore[attr-defined]
    assert {title: one["relationship"] for title, one in found.items()} == {
        "clip.avi": "parentOf",
        "voice.wav": "inputTo",
        "voice.ogg": "inputTo",
    }
    assert all(
        hashlib.sha256(path.read_bytes()).hexdigest() in found[path.name]["instance_id"] for path in (other, voice)
    )
    assert verify(file).state == "valid"


def test_a_name_as_long_as_the_disk_takes_is_signed(facts: Facts, credentials: Credentials) -> None:
    file = exported(facts, f"{'n' * 240}.mp4")
    sign(file, facts, Statement(), credentials)
    assert verify(file).state == "valid"
    assert len(list(file.parent.iterdir())) == 3


def test_what_cannot_be_signed_stays_as_it_was(facts: Facts, credentials: Credentials) -> None:
    file = exported(facts)
    before = file.read_bytes()
    with pytest.raises(SigningError, match=r'"out.mp4" cannot be signed .*or export unsigned'):
        sign(file, facts, Statement(), msgspec.structs.replace(credentials, chain=b"-----BEGIN CERTIFICATE-----"))
    assert file.read_bytes() == before
    assert sorted(path.name for path in file.parent.iterdir()) == ["clip.mp4", "out.mp4", "voice.ogg"]


def test_files_without_a_manifest_and_of_other_kinds(facts: Facts, tmp_path: Path) -> None:
    assert verify(Path(facts.clip)).state == "none"
    assert "carries no manifest" in verify(Path(facts.clip)).sentences[0]
    (tmp_path / "text.txt").write_text("hello")
    for file, sentence in (
        (tmp_path / "text.txt", "cannot hold a manifest"),
        (tmp_path / "absent.mp4", "is not there"),
    ):
        with pytest.raises(UserError, match=sentence):
            verify(file)
