"""The demo: real applications, made-up persons, driven through the public HTTP API from application to the last instalment."""
