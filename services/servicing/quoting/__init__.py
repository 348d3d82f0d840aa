"""Quotes and what-if lives of a loan from plain JSON, without a server: the command line and the API read the same documents."""
