"""Peaks of retail: when they are, what they do, and what is known of them ahead."""

from c2m.signals.peaks.days import PEAKS, peak_days
from c2m.signals.peaks.effects import PeakEffects, peak_effects
from c2m.signals.peaks.known import with_peaks

__all__ = ["PEAKS", "PeakEffects", "peak_days", "peak_effects", "with_peaks"]
