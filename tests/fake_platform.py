"""An LMS that can lie: it publishes keys and signs whatever a test asks. Its honest claims are those of a real Moodle."""

import base64
import hashlib
import hmac
import json
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key

LTI = "https://purl.imsglobal.org/spec/lti/claim/"
ROLE = "http://purl.imsglobal.org/vocab/lis/v2/membership#"
GONE = object()
"""As the value of a claim: the claim is left out."""
KEY = generate_private_key(65537, 2048)
OTHER_KEY = generate_private_key(65537, 2048)
Reply = tuple[int, str, bytes]


@dataclass
class FakePlatform:
    """`keys` are published by kid; `pages` answer any other path."""

    issuer: str
    client_id: str = "client-1"
    deployment_id: str = "1"
    keys: dict[str, RSAPrivateKey] = field(default_factory=lambda: {"key-1": KEY})
    key_sets_served: int = 0
    is_down: bool = False
    pages: dict[str, Callable[[str, dict[str, str], bytes], Reply]] = field(default_factory=dict)

    def claims(self, nonce: str, now: datetime, target: str, /, **changes: Any) -> dict[str, Any]:
        """Of a learner, as Moodle 4.5.6 sent them. A key with `__` stands for an LTI claim: `lti__roles`."""
        issued = int(now.timestamp())
        claims: dict[str, Any] = {
            "nonce": nonce,
            "iat": issued,
            "exp": issued + 60,
            "iss": self.issuer,
            "aud": self.client_id,
            "sub": "7",
            "name": "Siti Aminah",
            "given_name": "Siti",
            "family_name": "Aminah",
            "email": "siti@example.test",
            f"{LTI}deployment_id": self.deployment_id,
            f"{LTI}target_link_uri": target,
            f"{LTI}lis": {"person_sourcedid": "", "course_section_sourcedid": "DIKLAT-2019-01"},
            f"{LTI}roles": [f"{ROLE}Learner"],
            f"{LTI}context": {"id": "2", "label": "DIKLAT", "title": "Diklat E-Learning", "type": ["CourseSection"]},
            f"{LTI}message_type": "LtiResourceLinkRequest",
            f"{LTI}resource_link": {"title": "Diklat (15 hari)", "description": "Pelatihan\r\nmandiri", "id": "1"},
            f"{LTI}ext": {"user_username": "siti", "lms": "moodle-2"},
            f"{LTI}launch_presentation": {
                "locale": "en_us",
                "document_target": "iframe",
                "return_url": f"{self.issuer}/mod/lti/return.php?course=2&sesskey=5vDG27MKZW",
            },
            f"{LTI}tool_platform": {"product_family_code": "moodle", "version": "2024100706", "name": "m45"},
            f"{LTI}version": "1.3.0",
            f"{LTI}custom": {"program": "p2k2", "rl_hist": "$ResourceLink.id.history", "ctx_history": ""},
            "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint": {
                "scope": ["https://purl.imsglobal.org/spec/lti-ags/scope/score"],
                "lineitems": f"{self.issuer}/mod/lti/services.php/2/lineitems?type_id=1",
                "lineitem": f"{self.issuer}/mod/lti/services.php/2/lineitems/3/lineitem?type_id=1",
            },
        }
        claims |= {name.replace("lti__", LTI): value for name, value in changes.items()}
        return {name: value for name, value in claims.items() if value is not GONE}

    def sign(self, claims: dict[str, Any], key: RSAPrivateKey | None = None, **header: Any) -> str:
        """RS256 with `kid` key-1 unless the header says otherwise."""
        head = {"typ": "JWT", "alg": "RS256", "kid": "key-1"} | header
        head = {name: value for name, value in head.items() if value is not GONE}
        message = f"{part(json.dumps(head).encode())}.{part(json.dumps(claims).encode())}"
        return f"{message}.{part(self._signature(head['alg'], message.encode(), key or KEY))}"

    def _signature(self, algorithm: str, message: bytes, key: RSAPrivateKey) -> bytes:
        if algorithm == "none":
            return b""
        if algorithm == "HS256":
            public = key.public_key().public_bytes(
                serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
            )
            return hmac.new(public, message, hashlib.sha256).digest()
        return key.sign(message, padding.PKCS1v15(), hashes.SHA256())

    def key_set(self) -> bytes:
        return json.dumps({"keys": [public_jwk(kid, key) for kid, key in self.keys.items()]}).encode()


def public_jwk(kid: str, key: RSAPrivateKey) -> dict[str, str]:
    numbers = key.public_key().public_numbers()
    n, e = (part(i.to_bytes((i.bit_length() + 7) // 8, "big")) for i in (numbers.n, numbers.e))
    return {"kty": "RSA", "alg": "RS256", "use": "sig", "kid": kid, "n": n, "e": e}


def part(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


@contextmanager
def fake_platform(tls: ssl.SSLContext | None = None) -> Iterator[FakePlatform]:
    """On a port of its own for the length of the block."""
    platform = FakePlatform("")

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            length = int(self.headers.get("content-length", 0))
            status, media_type, body = self._reply(self.rfile.read(length))
            self.send_response(status)
            self.send_header("Content-Type", media_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET  # noqa: N815

        def _reply(self, body: bytes) -> Reply:
            if platform.is_down:
                return 502, "text/html", b"<html><body>502 Bad Gateway</body></html>"
            if self.path == "/jwks":
                platform.key_sets_served += 1
                return 200, "application/json", platform.key_set()
            page = platform.pages.get(self.path)
            return page(self.command, dict(self.headers), body) if page else (404, "text/html", b"not here")

        def log_message(self, format: str, *args: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        platform.issuer = f"{'https' if tls else 'http'}://127.0.0.1:{server.server_port}"
        if tls is not None:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield platform
        server.shutdown()
        thread.join()
