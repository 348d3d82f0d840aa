"""Dates: day counts and business days, as pure functions."""
