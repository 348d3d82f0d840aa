"""Cases with asserted figures: each module reads one format, maps it onto our terms and compares every figure."""
