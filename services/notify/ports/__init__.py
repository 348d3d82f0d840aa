"""The outside of notify: mail servers, webhook subscribers, and the sandbox spool."""
