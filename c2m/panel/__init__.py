"""What was known, per series and period: the panel that signals fill and models read."""

from c2m.panel.channels import CHANNELS, Channel
from c2m.panel.panel import Panel

__all__ = ["CHANNELS", "Channel", "Panel"]
