"""The kits of subscribers: made from the contract, and reading a real cluster."""
