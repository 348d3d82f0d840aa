"""Golden schedules of servicing."""
