"""From what a library raises to a sentence: the kinds that no server of a test shows."""

from __future__ import annotations

import pytest

from gpu_trace_analyzers.places.address import Address
from gpu_trace_analyzers.places.problems import is_passing, unreadable


def error(name, *, base=Exception, cause=None, **attributes):
    """An exception of a class of that name, whose text has a secret."""
    made = type(name, (base,), {})("SECRET")
    vars(made).update(attributes)
    made.__cause__ = cause
    return made


@pytest.mark.parametrize(
    ("url", "raised", "said"),
    [
        ("gs://b/run", error("DefaultCredentialsError"), "there are none (DefaultCredentialsError); run gcloud auth"),
        ("gs://b/run", error("HttpError", status=403), "may not be read with these credentials (403); check the URL"),
        (
            "abfs://c/run",
            error("ClientAuthenticationError"),
            "credentials are refused (ClientAuthenticationError); set AZ",
        ),
        ("abfs://c/run", error("ResourceNotFoundError", status_code=404), "does not exist; check the URL"),
        ("hf://datasets/a/b", error("LocalTokenNotFoundError"), "(LocalTokenNotFoundError); run hf auth login"),
        ("hf://datasets/a/b", error("GatedRepoError", base=OSError), "with these credentials (GatedRepoError)"),
        (
            "ssh://u@host/run",
            error("PermissionDenied"),
            "the credentials are refused (PermissionDenied); check the user in the URL",
        ),
        ("ssh://u@host/run", error("HostKeyNotVerifiable"), "(HostKeyNotVerifiable); connect once with ssh"),
        ("https://h/run", error("FileNotFoundError", cause=error("gaierror")), "server cannot be reached (gaierror)"),
        ("s3://b/run", error("FileExpired", base=OSError), "was written anew while it was read (FileExpired)"),
        ("s3://b/run", OSError("SECRET"), "cannot be read (OSError); check the URL"),
        (
            "s3://b/run",
            error("Odd", cause=ConnectionResetError("SECRET")),
            "the connection breaks off (ConnectionError)",
        ),
        ("ftp://h/run", error("NoCredentialsError"), "(NoCredentialsError); check how its library signs in"),
    ],
)
def test_each_library_is_understood_and_none_is_quoted(url, raised, said):
    sentence = str(unreadable(Address(url), raised))
    assert sentence.startswith(f"{url}: ")
    assert said in sentence
    assert "SECRET" not in sentence


@pytest.mark.parametrize(
    ("raised", "passes"),
    [
        (error("HttpError", code=429), True),
        (error("ClientResponseError", status=503), True),
        (TimeoutError(), True),
        (ConnectionResetError(), True),
        (error("ClientError", response={"Error": {"Code": "SlowDown"}}), True),
        (error("ClientError", response={"Error": {"Code": "AccessDenied"}}), False),
        (error("HttpResponseError", status_code=404), False),
        (FileNotFoundError(), False),
        (ValueError(), False),
    ],
)
def test_what_may_pass_is_tried_again(raised, passes):
    assert is_passing(raised) is passes
