"""Published worked examples against our functions: a mapping per group reads the inputs, nothing is computed here twice."""
