"""What the commands do and show; `cli` only declares them, so that its help needs none of this."""

from __future__ import annotations

from filiera.commands.home import demonstrate, generate_domain, make_home, serve_home
from filiera.commands.running import rebuild_all, replay_dataset, run_once, take_in
from filiera.commands.showing import (
    answer_query,
    show_health,
    show_quality,
    show_rejects,
    show_runs,
    show_status,
    show_trace,
)

__all__ = [
    "answer_query",
    "demonstrate",
    "generate_domain",
    "make_home",
    "rebuild_all",
    "replay_dataset",
    "run_once",
    "serve_home",
    "show_health",
    "show_quality",
    "show_rejects",
    "show_runs",
    "show_status",
    "show_trace",
    "take_in",
]
