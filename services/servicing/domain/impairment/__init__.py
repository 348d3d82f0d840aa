"""Expected credit loss, as pure functions."""
