"""Trees: LightGBM behind one door, and what a text of trees must hold."""
