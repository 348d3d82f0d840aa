"""One message to one recipient on one channel."""
