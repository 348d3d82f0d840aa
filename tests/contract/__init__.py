"""The public contract: its documents, and what may change of it."""
