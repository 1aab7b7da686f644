"""Planning again as time passes: what is firm stays, and what changes must pay."""

from c2m.production.replanning.replan import replan

__all__ = ["replan"]
