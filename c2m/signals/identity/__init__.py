"""Identity of products and sources: a catalogue, its crosswalk, and logs seen as one."""

from c2m.signals.identity.catalogue import Catalogue
from c2m.signals.identity.combine import combine
from c2m.signals.identity.matching import Matching, match_ids

__all__ = ["Catalogue", "Matching", "combine", "match_ids"]
