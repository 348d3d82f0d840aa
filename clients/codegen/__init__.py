"""Writes the typed events of the client kits from the contract's documents; imports nothing of the services."""
