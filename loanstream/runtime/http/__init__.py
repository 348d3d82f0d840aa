"""HTTP: commands in, queries out; problem details, tokens, the outcome waiter."""
