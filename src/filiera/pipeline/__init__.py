"""The pipeline: steps declared once, run durably, one run at a time."""
