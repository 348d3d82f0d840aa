"""What every day brings a running loan beyond the plain rules: overdue interest, ageing, charges, classes, accrual."""
