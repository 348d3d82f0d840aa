"""The outside of origination: the bank that pays loans out."""
