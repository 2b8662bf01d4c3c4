"""Contracts: the one place that says what a dataset's rows look like and which rules they obey."""
