"""TLS on the gate's port: the operator's certificate, taken anew when its files change.

A renewed certificate is served to new connections within seconds, without a signal or a restart. Files
that cannot be used (half-replaced, say) leave the one before in force. Must never log or show a key.
"""

import asyncio
import logging
import ssl
from pathlib import Path
from typing import Final, NoReturn

from freehold.settings import BadSetting, Settings

_log: Final = logging.getLogger("freehold.gate")
_LOOK_S: Final = 2.0

# What tells one version of a file from another.
_Version = tuple[int, int, int]


class Certificate:
    """The certificate and key that a gate serves."""

    def __init__(self, certificate: Path, key: Path) -> None:
        """Read them; BadSetting says what is wrong with which."""
        self._certificate = certificate
        self._key = key
        self._versions = self._look()
        self._current = self._load()
        # What listens with; each handshake takes the certificate that is in force by then.
        self.context: Final = self._load()
        self.context.sni_callback = self._present
        self._timer: asyncio.TimerHandle | None = None

    def watch(self, loop: asyncio.AbstractEventLoop) -> None:
        """Look after the files from now on."""
        self._renew()
        self._timer = loop.call_later(_LOOK_S, self.watch, loop)

    def stop(self) -> None:
        """Look no more."""
        if self._timer is not None:
            self._timer.cancel()

    def _present(self, connection: ssl.SSLSocket | ssl.SSLObject, _name: str | None, _: ssl.SSLContext) -> None:
        connection.context = self._current

    def _renew(self) -> None:
        try:
            versions = self._look()
            if versions == self._versions:
                return
            # Whatever comes of them, they are not looked into again until they change.
            self._versions = versions
            self._current = self._load()
        except BadSetting as error:
            _log.error("The gate goes on with the TLS certificate that it has: %s", error)
        else:
            _log.info("The gate has taken a new TLS certificate from %s.", self._certificate)

    def _look(self) -> tuple[_Version, _Version] | None:
        """Which versions of the files there are; None where one of them is missing."""
        try:
            certificate, key = self._certificate.stat(), self._key.stat()
        except OSError:
            return None
        return (
            (certificate.st_mtime_ns, certificate.st_ino, certificate.st_size),
            (key.st_mtime_ns, key.st_ino, key.st_size),
        )

    def _load(self) -> ssl.SSLContext:
        _check_readable("FREEHOLD_GATE_TLS_CERTIFICATE", self._certificate)
        _check_readable("FREEHOLD_GATE_TLS_KEY", self._key)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.options |= ssl.OP_NO_RENEGOTIATION
        context.set_alpn_protocols(["http/1.1"])
        try:
            context.load_cert_chain(self._certificate, self._key, password=_refuse_password)
        except _Encrypted:
            raise BadSetting(
                f"FREEHOLD_GATE_TLS_KEY: the key in {self._key} is encrypted; store it without a passphrase, readable by Freehold alone."
            ) from None
        except ssl.SSLError as error:
            raise BadSetting(self._why_not(error)) from None
        return context

    def _why_not(self, error: ssl.SSLError) -> str:
        if error.reason == "KEY_VALUES_MISMATCH":
            return f"The TLS certificate in {self._certificate} and the key in {self._key} do not belong together."
        return (
            f"FREEHOLD_GATE_TLS_CERTIFICATE and FREEHOLD_GATE_TLS_KEY should name PEM files: a certificate with its chain, and its key;"
            f" {self._certificate} and {self._key} cannot be used ({error.reason or 'no PEM'})."
        )


class _Encrypted(Exception):
    """The key is encrypted."""


def certificate_of(settings: Settings) -> Certificate | None:
    """The certificate that the settings name, or None where the gate speaks plain HTTP; BadSetting says what is wrong."""
    certificate, key = settings.gate_tls_certificate, settings.gate_tls_key
    if not certificate and not key:
        return None
    if not certificate or not key:
        raise BadSetting(
            "FREEHOLD_GATE_TLS_CERTIFICATE and FREEHOLD_GATE_TLS_KEY belong together; set both, or neither."
        )
    return Certificate(Path(certificate), Path(key))


def _check_readable(variable: str, path: Path) -> None:
    try:
        path.read_bytes()
    except OSError as error:
        raise BadSetting(f"{variable}: {path} cannot be read: {error.strerror}.") from None


def _refuse_password() -> NoReturn:
    # Without this, the library would ask on the terminal.
    raise _Encrypted
