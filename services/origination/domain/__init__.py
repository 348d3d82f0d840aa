"""The pure domain of origination: products, parties, applications, contracts, drawdowns. No I/O, no clock."""
