import datetime as dt
import ipaddress
import ssl
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from slipway.cli.kubeflow.client import Kubeflow
from slipway.errors import KubeflowUnreachableError
from slipway.settings import Settings


class Healthy(BaseHTTPRequestHandler):
    def do_GET(self):
        body = b'{"multi_user": false, "tag_name": "2.17.0"}'
        self.send_response_only(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture
def certificate(tmp_path):
    """A self-signed certificate for loopback, with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "kubeflow")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path / "certificate.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file.write_bytes(made.public_bytes(serialization.Encoding.PEM) + private)
    return file


@contextmanager
def https_server(certificate):
    server = ThreadingHTTPServer(("127.0.0.1", 0), Healthy)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    server.handle_error = lambda *_: None
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield f"https://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_server_is_trusted_by_the_certificates_of_the_settings(certificate):
    with https_server(certificate) as url:
        assert Kubeflow(Settings(kubeflow_url=url, kubeflow_ca_file=str(certificate)), print).url == url


def test_certificate_that_is_not_trusted_is_told_at_once(certificate):
    with https_server(certificate) as url, pytest.raises(KubeflowUnreachableError) as raised:
        Kubeflow(Settings(kubeflow_url=url), print)
    assert "its certificate is not trusted" in str(raised.value)
    assert "SLIPWAY_KUBEFLOW_CA_FILE" in raised.value.cure
    assert raised.value.tries == 1
