"""Nothing of a request reaches a server that did not prove who it is, or one that another server points to."""

import datetime as dt
import os
import socket
import ssl
import warnings

import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from network import Origin, connection, echoing, first_frame, listening, trusting

from spark_magic.errors import ConfigurationError, ConnectionFailed, ConnectionLost, HandshakeRefused
from spark_magic.secret import Secret
from spark_magic.transport.tls import tls_context, trust

NOW = dt.datetime.now(dt.UTC)
DAY = dt.timedelta(days=1)


@pytest.fixture
def bundle(tmp_path, monkeypatch):
    """The file that the environment names as the one with the authorities."""
    monkeypatch.delenv("SSL_CERT_DIR", raising=False)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    return tmp_path / "ca.pem"


@pytest.fixture
def authority(bundle):
    """A certificate authority of our own that the environment trusts."""
    made = trustme.CA()
    made.cert_pem.write_to_path(bundle)
    return made


def self_signed():
    """A certificate that vouches for itself, with its key, as one PEM text."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([])
    place = x509.SubjectAlternativeName([x509.DNSName("localhost")])
    built = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), NOW - DAY, NOW + DAY)
    certificate = built.add_extension(place, critical=True).sign(key, hashes.SHA256())
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return certificate.public_bytes(serialization.Encoding.PEM) + secret


def of_itself(authority, tmp_path):  # noqa: ARG001  # called as the others are
    (tmp_path / "self.pem").write_bytes(self_signed())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "self.pem")
    return context


def of_the_past(authority, tmp_path):  # noqa: ARG001
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # it is old: that is the point
        context = trusting(authority, "localhost")
        context.set_ciphers("ALL:@SECLEVEL=0")
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    return context


IMPOSTORS = {
    "unknown authority": (lambda *_: trusting(trustme.CA(), "localhost"), "issuer certificate"),
    "wrong host": (lambda ca, _: trusting(ca, "spark-api.xf-yun.com"), "Hostname mismatch"),
    "wrong address": (lambda ca, _: trusting(ca, "127.0.0.1"), "Hostname mismatch"),
    "expired": (
        lambda ca, _: trusting(ca, "localhost", not_before=NOW - 2 * DAY, not_after=NOW - DAY),
        "certificate has expired",
    ),
    "not yet valid": (
        lambda ca, _: trusting(ca, "localhost", not_before=NOW + DAY, not_after=NOW + 2 * DAY),
        "not yet valid",
    ),
    "self-signed": (of_itself, "self-signed certificate"),
    "TLS 1.1": (of_the_past, "protocol version"),
}


@pytest.mark.parametrize("impostor", IMPOSTORS)
def test_an_impostor_learns_nothing_of_the_request(authority, tmp_path, impostor):
    make, expected = IMPOSTORS[impostor]
    origin = Origin(make(authority, tmp_path))
    with listening(origin) as port, connection() as opened, pytest.raises(ConnectionFailed) as end:
        opened.open(Secret(f"wss://localhost:{port}/chat?authorization=1"))
    assert end.value.key == "connect.tls"
    assert expected.replace("-", " ") in end.value.sentence.replace("-", " ")
    assert not end.value.retryable
    assert origin.connections == 1
    assert origin.seen == b""


@pytest.mark.usefixtures("authority")
def test_a_server_without_tls_learns_nothing_of_the_request():
    seen = bytearray()

    def plain(client):
        seen.extend(client.recv(65536))
        client.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        while data := client.recv(65536):
            seen.extend(data)

    with listening(plain) as port, connection() as opened, pytest.raises(ConnectionFailed) as end:
        opened.open(Secret(f"wss://localhost:{port}/chat?authorization=1"))
    assert end.value.key == "connect.tls"
    assert "wrong version number" in end.value.sentence
    assert b"authorization" not in seen
    assert b"GET" not in seen


def test_the_origin_of_these_tests_would_note_a_request(authority):
    origin = Origin(trusting(authority, "localhost"), b"HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n")
    with listening(origin) as port, connection() as opened, pytest.raises(HandshakeRefused):
        opened.open(Secret(f"wss://localhost:{port}/chat?authorization=1"))
    assert origin.seen.startswith(b"GET /chat?authorization=1 ")


@pytest.mark.parametrize("scheme", ["wss", "https", "ws", "http"])
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_nobody_a_redirect_points_to_is_called(authority, status, scheme):
    with socket.create_server(("127.0.0.1", 0)) as target:
        target.settimeout(0)
        place = f"{scheme}://127.0.0.1:{target.getsockname()[1]}/stolen"
        reply = f"HTTP/1.1 {status} Moved\r\nLocation: {place}\r\nContent-Length: 0\r\n\r\n"
        origin = Origin(trusting(authority, "localhost"), reply.encode())
        with listening(origin) as port, connection() as opened:
            with pytest.raises(HandshakeRefused) as end:
                opened.open(Secret(f"wss://localhost:{port}/chat"))
            with pytest.raises(ConnectionLost):
                opened.send(b"the question")
        with pytest.raises(BlockingIOError):
            target.accept()
    assert end.value.key == "handshake.redirect"
    assert origin.connections == 1
    assert origin.seen.startswith(b"GET ")
    assert origin.seen.endswith(b"\r\n\r\n")
    assert b"the question" not in origin.seen


def ask(port, host="localhost"):
    with connection() as opened:
        opened.open(Secret(f"wss://{host}:{port}/chat"))
        opened.send(b"q")
        return first_frame(opened)


def test_a_companys_own_authorities_are_trusted_through_ssl_cert_file(bundle):
    """The bundle that an administrator hands out has several of them."""
    company = trustme.CA()
    bundle.write_bytes(b"".join(ca.cert_pem.bytes() for ca in (trustme.CA(), company, trustme.CA())))
    with echoing(trusting(company, "localhost")) as port:
        assert ask(port) == b"q"


def test_a_corrected_bundle_is_read_again(bundle):
    company = trustme.CA()
    trustme.CA().cert_pem.write_to_path(bundle)
    os.utime(bundle, (1, 1))
    with listening(Origin(trusting(company, "localhost"))) as port, pytest.raises(ConnectionFailed):
        ask(port)
    company.cert_pem.write_to_path(bundle)
    with echoing(trusting(company, "localhost")) as port:
        assert ask(port) == b"q"


@pytest.mark.parametrize("variable", ["WEBSOCKET_CLIENT_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_other_programs_bundles_are_none_of_ours(authority, tmp_path, monkeypatch, variable):  # noqa: ARG001
    stranger = trustme.CA()
    stranger.cert_pem.write_to_path(tmp_path / "other.pem")
    monkeypatch.setenv(variable, str(tmp_path / "other.pem"))
    with listening(Origin(trusting(stranger, "localhost"))) as port, pytest.raises(ConnectionFailed):
        ask(port)


@pytest.mark.parametrize(
    "content", [None, b"", b"hello\n", b"-----BEGIN CERTIFICATE-----\nMII\n-----END CERTIFICATE-----\n"]
)
def test_a_bundle_without_certificates_is_told_before_anything_is_opened(bundle, content):
    """OpenSSL itself says nothing and trusts nobody."""
    if content is not None:
        bundle.write_bytes(content)
    origin = Origin(ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER))
    with listening(origin) as port, pytest.raises(ConfigurationError) as end:
        ask(port)
    assert origin.connections == 0
    assert "SSL_CERT_FILE" in end.value.sentence
    assert str(bundle) in end.value.sentence
    assert end.value.detail
    assert "unset" in end.value.hint


def test_a_bundle_that_is_a_folder_is_told(bundle):
    bundle.mkdir()
    with pytest.raises(ConfigurationError) as end:
        ask(1)
    assert str(bundle) in end.value.sentence


def test_the_context_is_built_once_and_verifies(authority):  # noqa: ARG001
    made = tls_context(*trust())
    assert tls_context(*trust()) is made
    assert made.verify_mode is ssl.CERT_REQUIRED
    assert made.check_hostname
    assert made.minimum_version >= ssl.TLSVersion.TLSv1_2


@pytest.mark.parametrize("value", [None, ""])
def test_without_a_bundle_of_its_own_it_verifies_all_the_same(monkeypatch, value):
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    if value is not None:
        monkeypatch.setenv("SSL_CERT_FILE", value)
    made = tls_context(*trust())
    assert made.verify_mode is ssl.CERT_REQUIRED
    assert made.check_hostname
