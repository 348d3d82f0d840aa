"""The loan ledger: one aggregate a loan, from booking to settlement or write-off."""
