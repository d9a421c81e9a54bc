"""Whose certificate is believed: the known authorities', and one that the operator named; never another host's."""

import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509.oid import NameOID

from diklat_lti.lti import http
from diklat_lti.settings import Settings
from fake_platform import KEY, FakePlatform, fake_platform

HOST = "localhost"


def certificate(*, host: str) -> bytes:
    """Signed by itself, as an institution's own authority is."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(KEY.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .sign(KEY, hashes.SHA256())
    )
    return made.public_bytes(serialization.Encoding.PEM)


@pytest.fixture
def lms(tmp_path: Path) -> Iterator[FakePlatform]:
    """Over TLS, at `HOST`, with the certificate in `tmp_path / "lms.pem"`."""
    file = tmp_path / "lms.pem"
    private = KEY.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file.write_bytes(private + certificate(host=HOST))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    with fake_platform(tls=context) as platform:
        platform.issuer = platform.issuer.replace("127.0.0.1", HOST)
        yield platform


def asked(settings: Settings, address: str, mark: str) -> int | str:
    """The answer's status, or why there is none; with connections and trust of its own."""
    fresh = settings.model_copy(update={"public_url": f"https://{mark}.example"})
    try:
        return http.fetch(fresh, "GET", address).status
    except http.Unreachable as unreachable:
        return unreachable.why


def test_a_certificate_of_nobody_we_know_gets_nothing(settings: Settings, lms: FakePlatform) -> None:
    assert asked(settings, f"{lms.issuer}/jwks", "unknown") == "not_sent"
    assert lms.key_sets_served == 0


def test_an_authority_that_the_operator_names_is_believed(
    settings: Settings, lms: FakePlatform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "lms.pem"))
    assert asked(settings, f"{lms.issuer}/jwks", "named") == 200
    elsewhere = lms.issuer.replace(HOST, "127.0.0.1")
    assert asked(settings, f"{elsewhere}/jwks", "named") == "not_sent"


def test_the_authorities_that_we_ship_stay_beside_the_named_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "none.pem"))
    assert len(http.trusted().get_ca_certs()) > 50
