"""From what a store's library raises to a sentence. The library's own text is never printed: it can hold a secret."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..errors import TraceUnreadable
from .systems import EXTRAS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .address import Address


@dataclass(frozen=True, slots=True)
class _Kind:
    """What can be wrong. ``marks`` are names of exceptions, codes of S3, and statuses of HTTP that show it."""

    marks: frozenset[str]
    problem: str
    next_step: str


_SIGN_IN = {
    "s3": "sign in as for the AWS CLI (AWS_PROFILE, or AWS_ACCESS_KEY_ID), or set FSSPEC_S3_ANON=1 for a public bucket",
    "gs": "run gcloud auth application-default login, or set GOOGLE_APPLICATION_CREDENTIALS",
    "abfs": "set AZURE_STORAGE_ACCOUNT_NAME, and AZURE_STORAGE_ACCOUNT_KEY or another of adlfs's variables",
    "hf": "run hf auth login, or set HF_TOKEN",
    "https": "give a URL that is signed",
    "ssh": "check the user in the URL, and the keys in ~/.ssh",
}
"""By extra: how its library gets credentials."""

_NO_CREDENTIALS = _Kind(
    frozenset(
        {
            "NoCredentialsError",
            "PartialCredentialsError",
            "CredentialRetrievalError",
            "TokenRetrievalError",
            "SSOTokenLoadError",
            "UnauthorizedSSOTokenError",
            "ProfileNotFound",
            "DefaultCredentialsError",
            "LocalTokenNotFoundError",
            "SettingsLacking",
        }
    ),
    "needs credentials, and there are none",
    "",
)
_REFUSED = _Kind(
    frozenset(
        {
            "InvalidAccessKeyId",
            "SignatureDoesNotMatch",
            "ExpiredToken",
            "InvalidToken",
            "ClientAuthenticationError",
            "RefreshError",
            "PermissionDenied",
            "401",
        }
    ),
    "the credentials are refused",
    "",
)
_UNKNOWN_HOST = _Kind(
    frozenset({"HostKeyNotVerifiable"}),
    "the key of its host is not among the known ones",
    "connect once with ssh, which shows the key and asks",
)
_FORBIDDEN = _Kind(
    frozenset({"PermissionError", "AccessDenied", "Forbidden", "GatedRepoError", "403"}),
    "may not be read with these credentials",
    "check the URL, and what they permit",
)
_NO_BUCKET = _Kind(frozenset({"NoSuchBucket"}), "its bucket does not exist", "check the bucket's name")
_MISSING = _Kind(
    frozenset({"FileNotFoundError", "NotADirectoryError", "ResourceNotFoundError", "RepositoryNotFoundError", "404"}),
    "does not exist",
    "check the URL",
)
_CHANGED = _Kind(frozenset({"FileExpired", "PreconditionFailed"}), "was written anew while it was read", "try again")
_BUSY = _Kind(
    frozenset(
        {"SlowDown", "Throttling", "ThrottlingException", "RequestLimitExceeded", "ServiceUnavailable", "InternalError"}
        | {"408", "429", "500", "502", "503", "504"}
    ),
    "the server is busy or fails",
    "try again later",
)
_UNREACHABLE = _Kind(
    frozenset(
        {
            "EndpointConnectionError",
            "ConnectTimeoutError",
            "ClientConnectorError",
            "ServerTimeoutError",
            "ConnectionRefusedError",
            "gaierror",
            "TransportError",
            "ServiceRequestError",
            "ConnectError",
        }
    ),
    "its server cannot be reached",
    "check the network, and the URL's host or the endpoint that is set",
)
_BROKEN_OFF = _Kind(
    frozenset(
        {
            "ConnectionError",
            "TimeoutError",
            "ClientPayloadError",
            "ServerDisconnectedError",
            "ClientOSError",
            "HTTPClientError",
            "ReadTimeoutError",
            "IncompleteReadError",
            "ResponseStreamingError",
            "RequestTimeout",
            "ConnectionLost",
            "CutOff",
        }
    ),
    "the connection breaks off",
    "try again, or copy it to this machine first",
)
_ALTERED = _Kind(
    frozenset({"FlexibleChecksumError", "ChecksumError", "BadDigest"}),
    "does not match its checksum",
    "try again; if that repeats, upload it again",
)
_STATUS = ("status", "status_code", "code")
"""Where libraries have the status of an answer of HTTP."""
_OTHER = _Kind(frozenset(), "cannot be read", "check the URL")

_KINDS = (
    _NO_CREDENTIALS,
    _REFUSED,
    _NO_BUCKET,
    _CHANGED,
    _UNKNOWN_HOST,
    _FORBIDDEN,
    _BUSY,
    _UNREACHABLE,
    _ALTERED,
    _BROKEN_OFF,
    _MISSING,
)
"""The first that fits: a web server that is not there makes fsspec raise ``FileNotFoundError`` as well."""


def is_forbidden(error: Exception) -> bool:
    """Whether the credentials do not permit it. Who may not list a bucket gets this for a missing name as well."""
    return _kind(error) is _FORBIDDEN


def is_missing(error: Exception) -> bool:
    """Whether there is nothing of that name, in a bucket that is there."""
    return _kind(error) is _MISSING


def is_passing(error: Exception) -> bool:
    """Whether it may go well the next time."""
    return _kind(error) in (_BUSY, _UNREACHABLE, _ALTERED, _BROKEN_OFF)


def unreadable(place: Address, error: Exception) -> TraceUnreadable:
    """The sentence for what a library raised when it was asked for a place."""
    if isinstance(error, TraceUnreadable):
        return error
    kind = _kind(error)
    next_step = kind.next_step or _SIGN_IN.get(EXTRAS.get(place.scheme, ""), "check how its library signs in")
    found = [mark for mark in _marks(error) if mark in kind.marks] or [type(error).__name__]
    shown = "" if kind in (_MISSING, _NO_BUCKET) else f" ({found[-1]})"
    return TraceUnreadable(place, f"{kind.problem}{shown}", next_step)


def _kind(error: Exception) -> _Kind:
    marks = set(_marks(error))
    return next((kind for kind in _KINDS if kind.marks & marks), _OTHER)


def _marks(error: BaseException) -> Iterator[str]:
    """What an exception and those that led to it say of themselves; the most exact last."""
    for each in _chain(error):
        yield from (kind.__name__ for kind in reversed(type(each).__mro__))
        own = vars(each)
        response = own.get("response")
        stated = [own.get(name) for name in _STATUS] + [getattr(response, "status_code", None)]
        yield from (str(status) for status in stated if isinstance(status, int))
        if isinstance(response, dict) and (code := response.get("Error", {}).get("Code")):
            yield str(code)


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
