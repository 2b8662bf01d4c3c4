"""Quality: how good each dataset is, dimension by dimension, and how that changed."""
