"""Aggregate product 产品: versions proposed by a maker, published by a checker, withdrawn. Key: product id."""

from services.origination.domain.product.decide import decide
from services.origination.domain.product.state import Product, evolve

__all__ = ["Product", "decide", "evolve"]
