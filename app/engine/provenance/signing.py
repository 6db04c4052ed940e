"""Puts a signed C2PA manifest into an export."""

from __future__ import annotations

import hashlib
import importlib.metadata
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from app.core.errors import UserError
from app.engine.provenance.credentials import Credentials, algorithm
from app.engine.provenance.statement import Facts, Statement
from app.engine.replacing import replacing

MIME = {".mp4": "video/mp4", ".m4v": "video/mp4", ".mov": "video/quicktime", ".avi": "video/avi"}
"""Of pictures that can hold a manifest or, as parents, be looked into for one."""
SOUND_MIME = {".wav": "audio/wav", ".mp3": "audio/mpeg", ".flac": "audio/flac", ".m4a": "audio/mp4"} | MIME
DUB = "org.redub.dub"
CONSENT = "org.redub.consent"
SOURCE_TYPE = "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia"
_CHUNK = 1 << 20


class SigningError(UserError):
    """An export could not be signed."""


def sign(file: Path, facts: Facts, statement: Statement, credentials: Credentials) -> None:
    """Replaces `file`, which is nobody's yet, by the same with a manifest; it is read and written in pieces.

    The clip is the manifest's parent, with its own manifest where it has one; the voices are inputs. Raises
    SigningError, and leaves the file as it was.
    """
    import c2pa  # a library of 30 MB, which the program's start need not wait for

    with _told(facts.title):
        info = c2pa.C2paSignerInfo(algorithm(credentials).encode(), credentials.chain, credentials.key, None)
        signer, builder = c2pa.Signer.from_info(info), _builder(facts, statement)
        with replacing(file, keep_suffix=True) as signed, file.open("rb") as source, signed.open("w+b") as target:
            builder.sign(signer, MIME[file.suffix.lower()], source, target)


@contextmanager
def _told(title: str) -> Generator[None]:
    """Turns the library's errors and the system's into one that says what to do."""
    import c2pa

    try:
        yield
    except (c2pa.C2paError, OSError) as error:
        raise SigningError(
            f'"{title}" cannot be signed ({error}): check the certificate, its key and the room on the disk, or export '
            "unsigned."
        ) from error


def _builder(facts: Facts, statement: Statement) -> Any:
    """The manifest with its ingredients: those that the library can look into, and others by name and hash.

    It looks only into the usual kinds of file, and reads some of them more strictly than players do.
    """
    clip, voices = Path(facts.clip), [Path(voice) for voice in facts.voices]
    wanted = [Ingredient(clip, "parentOf", MIME), *(Ingredient(voice, "inputTo", SOUND_MIME) for voice in voices)]
    readable = [one for one in wanted if one.mime is not None]
    while True:
        named = [one.named() for one in wanted if one not in readable]
        builder = _begun(manifest(facts, statement) | {"ingredients": named})
        refused = next((one for one in readable if not _added(builder, one)), None)
        if refused is None:
            return builder
        readable.remove(refused)


class Ingredient(NamedTuple):
    """A file that went into an export."""

    file: Path
    relationship: str
    kinds: Mapping[str, str]

    @property
    def mime(self) -> str | None:
        """None for a kind of file that can hold no manifest."""
        return self.kinds.get(self.file.suffix.lower())

    def told(self) -> dict[str, str]:
        """What a manifest says of it anyway."""
        return {"title": self.file.name, "relationship": self.relationship}

    def named(self) -> dict[str, str]:
        """The whole ingredient of a file that nobody can look into."""
        form = self.mime or "application/octet-stream"
        return self.told() | {"format": form, "instance_id": f"sha256:{sha256_of(self.file)}"}


def _begun(definition: dict[str, Any]) -> Any:
    """A builder for an edit, without thumbnails."""
    import c2pa

    builder = c2pa.Builder(definition, c2pa.Context.from_dict({"builder": {"thumbnail": {"enabled": False}}}))
    builder.set_intent(c2pa.C2paBuilderIntent.EDIT)
    return builder


def _added(builder: Any, one: Ingredient) -> bool:
    """Adds an ingredient with what its file holds; False where the library cannot read it."""
    import c2pa

    with one.file.open("rb") as source:
        try:
            builder.add_ingredient(one.told(), one.mime, source)
        except c2pa.C2paError:
            return False
    return True


def manifest(facts: Facts, statement: Statement) -> dict[str, Any]:
    """The manifest's definition without ingredients, as C2PA's SDK takes it."""
    program = {"name": "Redub", "version": importlib.metadata.version("redub")}
    changed = [
        {"type": "temporal", "time": {"type": "npt", "start": f"{float(r.start):.3f}", "end": f"{float(r.stop):.3f}"}}
        for r in facts.ranges
    ]
    actions: list[dict[str, Any]] = [
        {"action": "c2pa.dubbed", "softwareAgent": program, "changes": [{"region": changed, "description": "lips"}]},
        {
            "action": "c2pa.edited",
            "softwareAgent": program,
            "digitalSourceType": SOURCE_TYPE,
            "description": "The lips were re-synthesised to another voice.",
        },
    ]
    if statement.translated is not None:
        first, second = statement.translated
        languages = {"sourceLanguage": first, "targetLanguage": second}
        actions.append({"action": "c2pa.translated", "softwareAgent": program, "parameters": languages})
    assertions: list[dict[str, Any]] = [
        {"label": "c2pa.actions.v2", "data": {"actions": actions}},
        {"label": DUB, "data": _dub(facts)},
    ]
    if statement.consent:
        assertions.append({"label": CONSENT, "data": {"statement": statement.consent}})
    return {"claim_generator_info": [program], "title": facts.title, "assertions": assertions}


def _dub(facts: Facts) -> dict[str, Any]:
    """Our own assertion: which weights drew, and which voices were heard, by their hashes."""
    voices = [{"name": Path(voice).name, "sha256": sha256_of(Path(voice))} for voice in facts.voices]
    return {"weights": facts.weights, "weights_sha256": facts.weights_sha256, "voices": voices}


def sha256_of(file: Path) -> str:
    """Of a file's bytes, read in pieces."""
    digest = hashlib.sha256()
    with file.open("rb") as opened:
        while piece := opened.read(_CHUNK):
            digest.update(piece)
    return digest.hexdigest()
