"""Pure decisions of risk."""
