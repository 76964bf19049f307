"""The URL of a file or a folder, and those of what is beside and inside; nothing is asked of any store."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_PASSWORD = re.compile(r"^([^:/]+://[^:/@]*):[^/@]*@")
_WEB = ("http", "https")
"""Schemes in which a question mark ends the path. The key of an object may have one."""


@dataclass(frozen=True, slots=True)
class Address:
    """``url`` without a slash at its end. ``query`` is of this very file alone: as a rule, it signs its URL.

    Neither the text nor the representation has a secret.
    """

    url: str = field(repr=False)
    query: str = field(default="", repr=False)

    @classmethod
    def of(cls, text: str) -> Address:
        """As a user types it."""
        path, mark, query = text.partition("?") if cls(text).scheme in _WEB else (text, "", "")
        return cls(path.rstrip("/"), mark + query)

    def __str__(self) -> str:
        return _PASSWORD.sub(r"\1@", self.url)

    def __repr__(self) -> str:
        return f"Address({str(self)!r})"

    @property
    def scheme(self) -> str:
        """``s3``."""
        return self.url.partition("://")[0].lower()

    @property
    def parts(self) -> tuple[str, ...]:
        """``("s3://bucket", "run", "trace.json.gz")``."""
        scheme, _, path = self.url.partition("://")
        first, *rest = path.split("/")
        return (f"{scheme}://{first}", *rest)

    @property
    def name(self) -> str:
        return self.parts[-1]

    @property
    def is_server(self) -> bool:
        """Whether it is all that a web server has."""
        return self.scheme in _WEB and len(self.parts) == 1 and not self.query

    @property
    def parent(self) -> Address:
        """The folder that it is in; of a bucket, that itself."""
        return Address("/".join(self.parts[:-1]) or self.url)

    def inside(self, name: str) -> Address:
        """What has this name in the folder."""
        return Address(f"{self.url}/{name}")

    def is_inside(self, other: Address) -> bool:
        """Whether it is that, or in it at any depth."""
        return self.parts[: len(other.parts)] == other.parts
