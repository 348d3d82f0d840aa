"""The pure engine: terms, schedules, and what transactions make of them."""
