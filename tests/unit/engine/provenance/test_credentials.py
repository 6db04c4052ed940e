"""Certificates and keys: made once, kept from others, renewed; the user's are looked at before they are used."""

from __future__ import annotations

import os
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from app.core.errors import UserError
from app.engine.provenance import credentials
from app.engine.provenance.credentials import (
    AUTHORITY,
    CHAIN,
    KEY,
    algorithm,
    credentials_for,
    own_authority,
    own_credentials,
    user_credentials,
)
from app.engine.provenance.statement import Statement


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "signing"


def test_they_are_made_once_and_for_their_owner_alone(folder: Path) -> None:
    first = own_credentials(folder)
    assert own_credentials(folder) == first
    assert first.signer == "Redub on this computer" and algorithm(first) == "es256"
    if os.name == "posix":
        assert stat.S_IMODE((folder / KEY).stat().st_mode) == 0o600
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_an_authority_of_the_installation_signs_the_certificate(folder: Path) -> None:
    """Whose own key is kept nowhere."""
    assert own_authority(folder) is None
    chain = x509.load_pem_x509_certificates(own_credentials(folder).chain)
    authority = x509.load_pem_x509_certificate(own_authority(folder) or b"")
    assert chain[1] == authority and chain[0].issuer == authority.subject != chain[0].subject
    chain[0].verify_directly_issued_by(authority)
    assert {path.name for path in folder.iterdir()} == {AUTHORITY, CHAIN, KEY}


def test_two_installations_have_nothing_in_common(tmp_path: Path) -> None:
    one, other = (own_credentials(tmp_path / name) for name in "ab")
    assert one.key != other.key and one.chain != other.chain


def test_a_certificate_is_renewed_before_it_ends(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(credentials, "CERTIFICATE_DAYS", 5)
    first = own_credentials(folder)
    monkeypatch.undo()
    second = own_credentials(folder)
    assert second.chain != first.chain
    left = x509.load_pem_x509_certificate(second.chain).not_valid_after_utc - datetime.now(UTC)
    assert left > timedelta(days=300)


def test_damaged_keys_are_said(folder: Path) -> None:
    own_credentials(folder)
    (folder / CHAIN).write_bytes(b"nothing")
    with pytest.raises(UserError, match="are damaged: remove that folder"):
        own_credentials(folder)


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match=r"cannot be kept in .*or export unsigned"):
        own_credentials(tmp_path / "file" / "signing")


def test_the_users_own_are_taken(folder: Path, tmp_path: Path) -> None:
    own_credentials(folder)
    found = user_credentials(folder / CHAIN, folder / KEY)
    said = Statement(certificate=(str(folder / CHAIN), str(folder / KEY)))
    assert credentials_for(said, tmp_path / "none") == found
    assert not (tmp_path / "none").exists()
    assert credentials_for(Statement(sign=False), tmp_path / "none") is None


def test_what_is_no_certificate_or_does_not_belong_together_is_refused(tmp_path: Path, folder: Path) -> None:
    own_credentials(folder)
    own_credentials(tmp_path / "other")
    (tmp_path / "text.pem").write_text("hello")
    for chain, key, sentence in (
        (tmp_path / "absent.pem", folder / KEY, "cannot be read"),
        (tmp_path / "text.pem", folder / KEY, "holds no certificate"),
        (folder / CHAIN, tmp_path / "text.pem", "holds no private key"),
        (folder / CHAIN, tmp_path / "other" / KEY, "is not that of the certificate"),
    ):
        with pytest.raises(UserError, match=sentence):
            user_credentials(chain, key)


def test_an_ended_certificate_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(credentials, "CERTIFICATE_DAYS", -0.5)
    own_credentials(folder)
    with pytest.raises(UserError, match="not valid today"):
        user_credentials(folder / CHAIN, folder / KEY)
