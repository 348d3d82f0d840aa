"""The console: pages on a fake API, and on the real system."""
