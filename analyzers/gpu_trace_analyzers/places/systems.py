"""The file system of fsspec for a URL, and which package has it."""

from __future__ import annotations

import logging
from functools import cache
from typing import TYPE_CHECKING, Any, cast

from ..errors import TraceUnreadable

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem

    from .address import Address

EXTRAS = {
    "s3": "s3",
    "s3a": "s3",
    "gs": "gs",
    "gcs": "gs",
    "abfs": "abfs",
    "abfss": "abfs",
    "az": "abfs",
    "hf": "hf",
    "http": "https",
    "https": "https",
    "ssh": "ssh",
    "sftp": "ssh",
}
"""By scheme, the extra of gpu-trace that installs what reads it."""


class SettingsLacking(Exception):
    """A file system cannot be opened with the settings there are."""


def system_of(place: Address) -> tuple[AbstractFileSystem, str]:
    """The file system of a URL, and what the URL's file is called there.

    Raises `TraceUnreadable` where a package lacks, or no file system is known by that scheme.
    """
    try:
        from fsspec import get_filesystem_class

        kind = get_filesystem_class(place.scheme)
    except ImportError:
        raise _lacks_package(place) from None
    except ValueError:
        known = ", ".join(f"{each}://" for each in dict.fromkeys(EXTRAS.values()))
        problem = f"{place.scheme}:// is not a scheme that can be read"
        raise TraceUnreadable(place, problem, f"URLs begin with {known}") from None
    url = place.url + place.query
    given = kind._get_kwargs_from_urls(url)
    _keep_from_terminal(kind.__module__.partition(".")[0])
    return _opened(place.scheme, tuple(sorted(given.items()))), cast("str", kind._strip_protocol(url))


def _keep_from_terminal(package: str) -> None:
    """What a package logs: Python prints it where no program has asked for it. It repeats what is raised."""
    logger = logging.getLogger(package)
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())


def _lacks_package(place: Address) -> TraceUnreadable:
    extra = EXTRAS.get(place.scheme)
    install = f"pip install 'gpu-trace[{extra}]'" if extra else f"install fsspec and what it needs for {place.scheme}"
    return TraceUnreadable(place, f"the package that reads {place.scheme}:// is not installed", install)


def is_stream(place: Address) -> bool:
    """Whether a file is sent by one request, as far as that goes: many web servers send no part of one."""
    return EXTRAS.get(place.scheme) == "https"


@cache
def _opened(scheme: str, given: tuple[tuple[str, Any], ...]) -> AbstractFileSystem:
    """One for each server, apart from those that others in this process use: what is set here is not theirs."""
    from fsspec import filesystem

    try:
        system: Any = filesystem(scheme, skip_instance_cache=True, **dict(given), **_options(scheme))
    except ValueError as error:  # adlfs does not know which account
        raise SettingsLacking from error
    if hasattr(system, "retries"):  # s3fs and gcsfs; `patience` retries for every scheme alike
        system.retries = 1
    return cast("AbstractFileSystem", system)


def _options(scheme: str) -> dict[str, Any]:
    """What differs from a library's own: no retries, no limit to how long a file may be read, known hosts alone.

    What the user has set in fsspec's configuration stays.
    """
    from fsspec.config import conf

    if EXTRAS.get(scheme) == "s3":
        return {"config_kwargs": {"retries": {"total_max_attempts": 1}} | conf.get("s3", {}).get("config_kwargs", {})}
    if EXTRAS.get(scheme) == "https":
        from aiohttp import ClientTimeout

        timeout = ClientTimeout(total=None, sock_connect=10, sock_read=60)
        return {"client_kwargs": {"timeout": timeout} | conf.get("http", {}).get("client_kwargs", {})}
    if EXTRAS.get(scheme) == "ssh":  # sshfs takes any host for the one that is meant
        return {"known_hosts": conf.get("ssh", {}).get("known_hosts", ())}
    return {}
