"""Cost figures 综合成本: rates, annual percentage rates, rebates, caps, as pure functions on decimals."""
