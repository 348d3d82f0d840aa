"""Changes of a running loan 贷后变更: quotes, early repayment, new dates, new rates. A file for each."""
