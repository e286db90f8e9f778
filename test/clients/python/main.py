"""A client and an API in Python, written as their libraries' documentation says: Authlib, PyJWT, requests-oauthlib.
Prints one JSON object: what each step came to."""

import json
import os
import time

import jwt
import requests
from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2.rfc7523 import PrivateKeyJWT
from authlib.oauth2.rfc8414 import AuthorizationServerMetadata, get_well_known_url
from authlib.oauth2.rfc9068 import JWTBearerTokenValidator
from joserfc.jwk import ECKey
from oauthlib.oauth2 import BackendApplicationClient
from requests_oauthlib import OAuth2Session as RequestsOAuth2Session

ISSUER, IMAGES, SECRET = os.environ["ISSUER"], os.environ["IMAGES"], os.environ["SECRET"]
KEY = ECKey.import_key(json.loads(os.environ["CLIENT_KEY"]))
ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token"
results = {}


def step(name):
    def run(function):
        try:
            value = function()
            results[name] = "ok"
            return value
        except Exception as error:  # what a library says is what is shown
            results[name] = f"error: {error}"
            return None

    return run


metadata = AuthorizationServerMetadata(requests.get(get_well_known_url(ISSUER, external=True), timeout=10).json())
ENDPOINT = metadata["token_endpoint"]


@step("Authlib: metadata is valid")
def _():
    metadata.validate()


def session(client="app"):
    return OAuth2Session(client, SECRET, token_endpoint_auth_method="client_secret_basic")


@step("Authlib: client credentials")
def own():
    return session().fetch_token(ENDPOINT, grant_type="client_credentials")["access_token"]


class ForIssuer(PrivateKeyJWT):
    """Assertions as ASSERTION_AUDIENCE=strict wants them: for the issuer, and for a minute."""

    def sign(self, auth, token_endpoint):
        self.claims = {"exp": int(time.time()) + 60}
        return super().sign(auth, ISSUER)


def fetch_with_key(method):
    keyed = OAuth2Session("app-key", KEY, token_endpoint_auth_method="private_key_jwt")
    keyed.register_client_auth_method(method)
    keyed.fetch_token(ENDPOINT, grant_type="client_credentials")


@step("Authlib: private_key_jwt")
def _():
    fetch_with_key(PrivateKeyJWT(ENDPOINT, alg="ES256"))


@step("Authlib: private_key_jwt for the issuer, for a minute")
def _():
    fetch_with_key(ForIssuer(ENDPOINT, alg="ES256"))


@step("Authlib: token exchange")
def exchanged():
    subject = session("alice").fetch_token(ENDPOINT, grant_type="client_credentials")["access_token"]
    return session().fetch_token(
        ENDPOINT,
        grant_type="urn:ietf:params:oauth:grant-type:token-exchange",
        subject_token=subject,
        subject_token_type=ACCESS_TOKEN,
        resource=f"{IMAGES}/photos",
    )["access_token"]


@step("Authlib: introspection")
def _():
    answer = session().introspect_token(metadata["introspection_endpoint"], token=own).json()
    assert answer["active"] is True, answer


@step("Authlib: revocation")
def _():
    spare = session().fetch_token(ENDPOINT, grant_type="client_credentials")["access_token"]
    assert session().revoke_token(metadata["revocation_endpoint"], token=spare).status_code == 200


class Api(JWTBearerTokenValidator):
    def get_jwks(self):
        return requests.get(metadata["jwks_uri"], timeout=10).json()


@step("Authlib: an API verifies the exchanged token by RFC 9068")
def _():
    api = Api(ISSUER, IMAGES)
    api.validate_token(api.authenticate_token(exchanged), ["read"], None)


@step("PyJWT: an API verifies the exchanged token")
def _():
    key = jwt.PyJWKClient(metadata["jwks_uri"]).get_signing_key_from_jwt(exchanged)
    jwt.decode(exchanged, key, algorithms=["ES256"], audience=IMAGES, issuer=ISSUER)


@step("requests-oauthlib: client credentials")
def _():
    client = RequestsOAuth2Session(client=BackendApplicationClient(client_id="app"))
    client.fetch_token(ENDPOINT, client_id="app", client_secret=SECRET)


print(json.dumps(results))
