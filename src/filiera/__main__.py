"""`python -m filiera`, for where the `filiera` script is not on the path."""

from __future__ import annotations

from filiera.cli import main

main()
