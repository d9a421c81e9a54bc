"""The LMS of the benchmark: its key, its key set over HTTP, and the launches it signs, as a Moodle 4.5 writes them."""

import asyncio
import base64
import json
import time
from collections import Counter
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

LTI = "https://purl.imsglobal.org/spec/lti/claim/"
AGS = "https://purl.imsglobal.org/spec/lti-ags/"
NRPS = "https://purl.imsglobal.org/spec/lti-nrps/claim/namesroleservice"
CONTEXT, LINK, CLIENT, DEPLOYMENT, KID = "2", "1", "client-1", "1", "bench-1"
PEOPLE = 2000
"""Learners who come in turn: the first time each is enrolled, later they are known."""


def encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def name_of(learner: int) -> str:
    return f"Siti{learner:04d} Rahayu"


class Lms:
    """One issuer on its own port of this machine."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.issuer = f"http://127.0.0.1:{port}"
        self.key = rsa.generate_private_key(65537, 2048)
        self.asked = Counter[str]()
        """What the tool asked for of its own accord, by path."""

    async def serve(self) -> asyncio.Server:
        return await asyncio.start_server(self._answer, "127.0.0.1", self.port)

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        self.asked[request.split()[1]] += 1
        body = json.dumps({"keys": [self._jwk()]}).encode()
        head = (
            f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\nConnection: close\r\n"
        )
        writer.write(head.encode() + b"\r\n" + body)
        await writer.drain()
        writer.close()

    def _jwk(self) -> dict[str, str]:
        public = self.key.public_key().public_numbers()
        n, e = (encoded(x.to_bytes((x.bit_length() + 7) // 8, "big")) for x in (public.n, public.e))
        return {"kty": "RSA", "alg": "RS256", "use": "sig", "kid": KID, "n": n, "e": e}

    def login(self, tool: str, learner: int) -> dict[str, str]:
        return {
            "iss": self.issuer,
            "target_link_uri": f"{tool}/lti/launch",
            "login_hint": str(1000 + learner),
            "lti_message_hint": '{"cmid":2,"launchid":"ltilaunch1_472756120"}',
            "client_id": CLIENT,
            "lti_deployment_id": DEPLOYMENT,
        }

    def id_token(self, tool: str, learner: int, nonce: str) -> str:
        head = json.dumps({"typ": "JWT", "alg": "RS256", "kid": KID}).encode()
        message = f"{encoded(head)}.{encoded(json.dumps(self._claims(tool, learner, nonce)).encode())}"
        return f"{message}.{encoded(self.key.sign(message.encode(), padding.PKCS1v15(), hashes.SHA256()))}"

    def _claims(self, tool: str, learner: int, nonce: str) -> dict[str, Any]:
        now, name, services = int(time.time()), name_of(learner), f"{self.issuer}/mod/lti/services.php"
        given, family = name.split(" ", 1)
        members = f"{services}/CourseSection/2/bindings/1/memberships"
        return {
            "iss": self.issuer, "aud": CLIENT, "sub": str(1000 + learner), "nonce": nonce, "iat": now, "exp": now + 60,
            "name": name, "given_name": given, "family_name": family, "email": f"peserta{learner:04d}@example.test",
            LTI + "message_type": "LtiResourceLinkRequest",
            LTI + "version": "1.3.0",
            LTI + "deployment_id": DEPLOYMENT,
            LTI + "target_link_uri": f"{tool}/lti/launch",
            LTI + "roles": ["http://purl.imsglobal.org/vocab/lis/v2/membership#Learner"],
            LTI + "context": {"id": CONTEXT, "label": "DIKLAT", "title": "Diklat P2K2", "type": ["CourseSection"]},
            LTI + "resource_link": {"id": LINK, "title": "Diklat P2K2", "description": "Pelatihan mandiri 15 hari"},
            LTI + "launch_presentation": {
                "locale": "id", "document_target": "iframe", "return_url": f"{self.issuer}/mod/lti/return.php?course=2",
            },
            LTI + "tool_platform": {"product_family_code": "moodle", "version": "2024100706", "guid": "e2786444203ec724"},
            LTI + "custom": {"context_memberships_url": members, "user_username": f"peserta{learner:04d}"},
            AGS + "claim/endpoint": {
                "scope": [f"{AGS}scope/{word}" for word in ("lineitem", "result.readonly", "score")],
                "lineitems": f"{services}/2/lineitems?type_id=1",
                "lineitem": f"{services}/2/lineitems/3/lineitem?type_id=1",
            },
            NRPS: {"context_memberships_url": members, "service_versions": ["1.0", "2.0"]},
        }  # fmt: skip
