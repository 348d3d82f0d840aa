"""HTTP routes of origination, a file per subject; ``api.py`` puts them together."""
