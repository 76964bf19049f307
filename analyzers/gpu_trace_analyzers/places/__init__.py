"""Where traces lie: on a disk, or in a store that has a URL. What reads them sees one interface, and no difference."""

from .content import Content, CutOff
from .place import Place, is_url, place

__all__ = ["Content", "CutOff", "Place", "is_url", "place"]
