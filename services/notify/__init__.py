"""Notify: tells people and downstream systems what happened 通知, each message once per (event, recipient, channel)."""
