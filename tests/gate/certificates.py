"""Certificates that the tests make for themselves."""

import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@dataclass(frozen=True, slots=True)
class Pair:
    """The PEM of a certificate and of its key."""

    certificate: bytes
    key: bytes

    def write(self, folder: Path) -> dict[str, str]:
        """Put both into a folder, as a renewal does; the settings that name them."""
        for name, data in (("gate.crt", self.certificate), ("gate.key", self.key)):
            draft = folder / f"{name}.new"
            draft.write_bytes(data)
            draft.replace(folder / name)
        return {
            "FREEHOLD_GATE_TLS_CERTIFICATE": str(folder / "gate.crt"), "FREEHOLD_GATE_TLS_KEY": str(folder / "gate.key"),
        }  # fmt: skip

    def trusted(self) -> ssl.SSLContext:
        """How a client connects that trusts this certificate alone."""
        return ssl.create_default_context(cadata=self.certificate.decode())


def self_made(name: str, passphrase: bytes | None = None) -> Pair:
    """A certificate for this machine, signed by itself. `name` tells it from others."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject, now = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]), datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=30))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(
            x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))]),
            critical=False,
        )
        .sign(key, hashes.SHA256())
    )
    secrecy = serialization.BestAvailableEncryption(passphrase) if passphrase else serialization.NoEncryption()
    return Pair(
        certificate.public_bytes(serialization.Encoding.PEM),
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, secrecy),
    )
