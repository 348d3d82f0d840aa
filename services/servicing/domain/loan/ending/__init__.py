"""The end of a loan: charge-off, recoveries after write-off, discounted settlement, sale of the claim."""
