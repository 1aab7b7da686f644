"""Heads: from a mean to a distribution."""

from c2m.forecast.heads.choice import Head, choose_head
from c2m.forecast.heads.counts import CountHead
from c2m.forecast.heads.level_sets import LevelSetHead

__all__ = ["CountHead", "Head", "LevelSetHead", "choose_head"]
