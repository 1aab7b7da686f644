"""Selection: which model, which signals, chosen on the panel's own past."""
