"""HTTP routes of servicing, a file per subject; ``api.py`` puts them together."""
