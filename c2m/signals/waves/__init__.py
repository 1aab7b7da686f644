"""Waves: whether demand has shifted, or this will pass."""

from c2m.signals.waves.detect import detect_waves
from c2m.signals.waves.verdicts import VERDICTS, Waves

__all__ = ["VERDICTS", "Waves", "detect_waves"]
