"""The pure domain of servicing: loans, receipts, and the versions of the arithmetic."""
