"""Trust: what in a log comes from people, and what from robots and bought crowds."""

from c2m.signals.trust.agents import are_bots, is_bot
from c2m.signals.trust.score import score_trust
from c2m.signals.trust.trust import REASONS, Trust

__all__ = ["REASONS", "Trust", "are_bots", "is_bot", "score_trust"]
