"""Speed, measured: each figure beside its limit in the same run, and beside the way the brief's own stack does it.

`python -m benchmarks` prints the table. The machine may be noisy, so what counts is the median of runs taken in turn,
and the ratio between two of them, never one time by itself.
"""
