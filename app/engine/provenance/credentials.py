"""The certificate and the key that exports are signed with: an installation's own, or the user's."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from app.core.errors import UserError
from app.engine.provenance.statement import Statement
from app.engine.replacing import replacing

AUTHORITY, CHAIN, KEY = "authority.pem", "chain.pem", "key.pem"
AUTHORITY_YEARS = 10
CERTIFICATE_DAYS = 365
RENEWED_BEFORE = timedelta(days=7)
ORGANIZATION = "Redub"
_YEAR = 365


class Credentials(msgspec.Struct, frozen=True):
    """What a signature needs."""

    chain: bytes
    """PEM: the signer's certificate, then those above it."""
    key: bytes
    """PEM, not encrypted: its private key."""

    @property
    def signer(self) -> str:
        """The name in the certificate."""
        name = x509.load_pem_x509_certificate(self.chain).subject
        found = name.get_attributes_for_oid(NameOID.COMMON_NAME)
        return str(found[0].value) if found else name.rfc4514_string()


def credentials_for(statement: Statement, folder: Path) -> Credentials | None:
    """Those that a statement wants: the user's, or the installation's own in `folder`; None for an unsigned export.

    Raises UserError as `user_credentials` and `own_credentials` do.
    """
    if not statement.sign:
        return None
    if statement.certificate is None:
        return own_credentials(folder)
    chain, key = map(Path, statement.certificate)
    return user_credentials(chain, key)


def own_credentials(folder: Path) -> Credentials:
    """Those of this installation, made when they are first asked for and renewed before they end.

    A certificate that signs itself is refused by readers, so an authority of the installation's own signs it; its key
    is thrown away with it. It proves that a file left this installation as it is, and nothing about who owns it. Raises
    UserError where the folder cannot be written or what is in it cannot be read.
    """
    try:
        if not _still_good(folder):
            _make(folder)
        return Credentials((folder / CHAIN).read_bytes(), (folder / KEY).read_bytes())
    except OSError as error:
        raise UserError(
            f'The keys that sign exports cannot be kept in "{folder}" ({error.strerror}): make the folder writable, '
            "or export unsigned."
        ) from error


def own_authority(folder: Path) -> bytes | None:
    """The certificate of the authority in the folder, PEM; None where nothing was signed yet."""
    file = folder / AUTHORITY
    return file.read_bytes() if file.is_file() else None


def user_credentials(chain: Path, key: Path) -> Credentials:
    """Those that the user brings. Raises UserError for files that are no such thing, do not fit each other or ended."""
    try:
        found = Credentials(chain.read_bytes(), key.read_bytes())
    except OSError as error:
        raise UserError(f'"{error.filename}" cannot be read ({error.strerror}): name another file.') from error
    try:
        certificate = x509.load_pem_x509_certificate(found.chain)
    except ValueError as error:
        raise UserError(f'"{chain}" holds no certificate: give a chain in PEM, the signer\'s own first.') from error
    try:
        private = serialization.load_pem_private_key(found.key, None)
    except (ValueError, TypeError) as error:
        raise UserError(f'"{key}" holds no private key that can be read: give one in PEM, not encrypted.') from error
    _check(certificate, private, chain, key)
    return found


def _check(certificate: x509.Certificate, private: PrivateKeyTypes, chain: Path, key: Path) -> None:
    """Raises UserError for what no reader would accept."""
    if _public(certificate.public_key()) != _public(private.public_key()):
        raise UserError(f'The key "{key}" is not that of the certificate "{chain}": give the two that belong together.')
    if certificate.issuer == certificate.subject:
        raise UserError(
            f'The certificate "{chain}" signs itself, which readers refuse: give one that an authority signed.'
        )
    if not certificate.not_valid_before_utc <= datetime.now(UTC) <= certificate.not_valid_after_utc:
        ends = certificate.not_valid_after_utc.date().isoformat()
        raise UserError(f'The certificate "{chain}" is not valid today (it ends on {ends}): give one that is.')


def algorithm(credentials: Credentials) -> str:
    """The name of the signature's algorithm, as C2PA has it. Raises UserError for a kind of key that it lacks."""
    key = serialization.load_pem_private_key(credentials.key, None)
    if isinstance(key, ec.EllipticCurvePrivateKey):
        named = {256: "es256", 384: "es384", 521: "es512"}.get(key.key_size)
    else:
        named = {"RSAPrivateKey": "ps256", "Ed25519PrivateKey": "ed25519"}.get(type(key).__name__)
    if named is None:
        raise UserError("The signing key is of a kind that C2PA does not know: give an EC, RSA or Ed25519 key.")
    return named


def _public(key: object) -> bytes:
    encoding, form = serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    return key.public_bytes(encoding, form)  # type: ignore[attr-defined]


def _still_good(folder: Path) -> bool:
    """Whether all is there and the certificate does not end soon. Raises UserError for a damaged one."""
    if not all((folder / name).is_file() for name in (AUTHORITY, CHAIN, KEY)):
        return False
    try:
        certificate = x509.load_pem_x509_certificate((folder / CHAIN).read_bytes())
        serialization.load_pem_private_key((folder / KEY).read_bytes(), None)
    except ValueError as error:
        raise UserError(
            f'The keys that sign exports in "{folder}" are damaged: remove that folder to have new ones made.'
        ) from error
    return certificate.not_valid_after_utc - datetime.now(UTC) > RENEWED_BEFORE


def _make(folder: Path) -> None:
    """A new authority and, signed by it, a new certificate."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    authority_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    authority = _authority(authority_key)
    certificate = _certificate(key, authority, authority_key)
    pem = serialization.Encoding.PEM
    secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    _write(folder / AUTHORITY, authority.public_bytes(pem))
    _write(folder / KEY, secret)
    _write(folder / CHAIN, certificate.public_bytes(pem) + authority.public_bytes(pem))


def _write(file: Path, data: bytes) -> None:
    """For its owner alone."""
    with replacing(file, durable=True) as temporary:
        with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as opened:
            opened.write(data)
        temporary.chmod(0o600)


def _authority(key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    """Signs certificates and nothing else."""
    name = _name("Redub authority of one installation")
    return (
        _begun(name, name, key, AUTHORITY_YEARS * _YEAR)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(key_cert_sign=True, crl_sign=True), critical=True)
        .sign(key, hashes.SHA256())
    )


def _certificate(
    key: ec.EllipticCurvePrivateKey, authority: x509.Certificate, authority_key: ec.EllipticCurvePrivateKey
) -> x509.Certificate:
    """Signs files; with the usages that C2PA's specification asks of a signer's certificate (section 14.5)."""
    return (
        _begun(_name("Redub on this computer"), authority.subject, key, CERTIFICATE_DAYS)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(digital_signature=True), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key()), critical=False)
        .sign(authority_key, hashes.SHA256())
    )


def _begun(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, days: int
) -> x509.CertificateBuilder:
    """From yesterday on: clocks differ."""
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _name(common: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, ORGANIZATION),
            x509.NameAttribute(NameOID.COMMON_NAME, common),
        ]
    )


def _usage(**wanted: bool) -> x509.KeyUsage:
    """What a key may be used for, and nothing else."""
    usages = (
        *("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement"),
        *("key_cert_sign", "crl_sign", "encipher_only", "decipher_only"),
    )
    return x509.KeyUsage(**dict.fromkeys(usages, False) | wanted)
