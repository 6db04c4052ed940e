"""What a file's C2PA manifest says, in words, and whether it may be believed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec

from app.core.errors import UserError
from app.core.text import listed
from app.engine.provenance.signing import CONSENT, DUB, MIME, SOUND_MIME

_CHANGED = "assertion.bmffHash.mismatch", "assertion.dataHash.mismatch", "assertion.hashedURI.mismatch"
"""Codes of C2PA's validation (specification, section 15) that mean: the file is not the one that was signed."""


READABLE = tuple(sorted({*MIME, *SOUND_MIME, ".jpg", ".png", ".webp"}))
"""Endings of the usual files that can hold a manifest."""


class Verdict(msgspec.Struct, frozen=True):
    """What was found in a file."""

    state: str
    """"none", "trusted", "valid" (whole, by a signer nobody here vouches for) or "broken"."""
    sentences: tuple[str, ...]
    """For people: the verdict first, then what the manifest says."""
    manifests: dict[str, Any]
    """All that the file holds, as C2PA's SDK tells it; empty without a manifest."""


def verify(file: Path, authority: bytes | None = None) -> Verdict:
    """Reads anybody's file; `authority` is a certificate (PEM) that is trusted here.

    Raises UserError for a file that is not there or of a kind that cannot hold a manifest.
    """
    import c2pa  # as in `signing`

    mime = (SOUND_MIME | MIME).get(file.suffix.lower()) or _picture(file)
    if not file.is_file():
        raise UserError(f'"{file}" is not there: name a file that is.')
    trust = {"trust": {"trust_anchors": authority.decode()}} if authority else {}
    context = c2pa.Context.from_dict({"verify": {"verify_trust": True, "remote_manifest_fetch": False}} | trust)
    try:
        with file.open("rb") as opened, c2pa.Reader(mime, opened, context=context) as reader:
            found, state = json.loads(reader.json()), str(reader.get_validation_state())
    except c2pa.C2paError as error:
        if "ManifestNotFound" in f"{type(error).__name__} {error}":
            return Verdict("none", (f'"{file}" carries no manifest: nothing says where it comes from.',), {})
        return Verdict("broken", (f'The manifest of "{file}" cannot be read ({error}): do not rely on it.',), {})
    except OSError as error:
        raise UserError(f'"{file}" cannot be read ({error.strerror}): name another file.') from error
    return _verdict(file, found, state)


def _picture(file: Path) -> str:
    """The type of a still. Raises UserError for files that cannot hold a manifest."""
    import c2pa

    suffix = file.suffix.lower().removeprefix(".")
    if suffix and suffix in c2pa.Reader.get_supported_mime_types():
        return suffix
    raise UserError(f'"{file}" is of a kind that cannot hold a manifest: give an MP4, MOV, WAV or picture.')


def _verdict(file: Path, found: dict[str, Any], state: str) -> Verdict:
    active = found["manifests"][found["active_manifest"]]
    signature = active.get("signature_info", {})
    signer = signature.get("common_name") or signature.get("issuer") or "somebody without a name"
    codes = {entry["code"]: entry for entry in found.get("validation_status", ())}
    if state == "Invalid":
        kind, first = "broken", _broken(file, codes)
    elif state == "Trusted":
        kind, first = "trusted", f'"{file}" is as {signer} signed it, whom this computer trusts.'
    else:
        kind, first = (
            "valid",
            (f'"{file}" is as {signer} signed it; whether that is who it says to be, this computer cannot tell.'),
        )
    return Verdict(kind, (first, *_said(active), *_history(found, active)), found)


def _broken(file: Path, codes: dict[str, Any]) -> str:
    if any(code in codes for code in _CHANGED):
        return f'"{file}" was changed after it was signed: what follows was said of another file.'
    return f'The manifest of "{file}" does not hold ({listed(sorted(codes))}): do not rely on what it says.'


def _said(manifest: dict[str, Any]) -> list[str]:
    """A manifest's statements."""
    program = (manifest.get("claim_generator_info") or [{}])[0]
    sentences = [f"Made with {program.get('name', 'an unnamed program')} {program.get('version', '')}".rstrip() + "."]
    for assertion in manifest.get("assertions", ()):
        label, data = assertion["label"], assertion.get("data", {})
        if label.startswith("c2pa.actions"):
            sentences += [said for action in data.get("actions", ()) if (said := _action(action))]
        elif label == DUB:
            voices = listed(f"{voice['name']} (sha256 {voice['sha256'][:12]})" for voice in data.get("voices", ()))
            sentences.append(f"Dubbed by the weights {data.get('weights')} to {voices}.")
        elif label == CONSENT:
            sentences.append(f"Consent, as the maker states it: {data.get('statement')}")
    return sentences


def _action(action: dict[str, Any]) -> str | None:
    """One thing that was done, in words; None for the opening of what the history tells anyway."""
    name = action["action"]
    if name == "c2pa.opened":
        return None
    if name == "c2pa.dubbed":
        spans = [
            f"{region['time'].get('start', 0)} to {region['time'].get('end', 'the end')} s"
            for change in action.get("changes", ())
            for region in change.get("region", ())
            if "time" in region
        ]
        return f"The speech was dubbed and the lips changed: {listed(spans) or 'no times are given'}."
    if name == "c2pa.translated":
        parameters = action.get("parameters", {})
        return f"Translated from {parameters.get('sourceLanguage')} to {parameters.get('targetLanguage')}."
    source = action.get("digitalSourceType", "").rsplit("/", 1)[-1]
    by_network = " (partly made by a trained network)" if "TrainedAlgorithmic" in source else ""
    return f"{name.removeprefix('c2pa.').capitalize()}{by_network}: {action.get('description', 'not described')}"


def _history(found: dict[str, Any], manifest: dict[str, Any]) -> list[str]:
    """What went into it, and what these say of themselves."""
    sentences: list[str] = []
    for ingredient in manifest.get("ingredients", ()):
        role = "Made from" if ingredient.get("relationship") == "parentOf" else "With"
        own = found["manifests"].get(ingredient.get("active_manifest"))
        if own is None:
            sentences.append(f'{role} "{ingredient.get("title")}", which carried no manifest.')
        else:
            inner = " ".join((*_said(own), *_history(found, own)))
            sentences.append(f'{role} "{ingredient.get("title")}", whose own manifest says: {inner}')
    return sentences
