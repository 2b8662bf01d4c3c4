"""What the commands do and show; `cli` only declares them, and imports of these what a command needs."""
