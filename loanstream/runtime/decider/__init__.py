"""The decider host: the one fenced owner of a partition, which decides commands and appends events and outcomes."""
