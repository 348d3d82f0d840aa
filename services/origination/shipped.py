"""Package data of origination: contract templates by name, and the product terms that come with the system."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

from schemas import codec
from schemas.terms import ProductTerms

_FOLDER = Path(__file__).parent


@cache
def contract_templates() -> Mapping[str, str]:
    """Contract templates, text by name: ``personal-credit/zh/1`` is ``templates/personal-credit/zh/1.txt``.

    A released template never changes: a contract's digest is over its rendering.
    """
    folder = _FOLDER / "templates"
    texts = {
        path.relative_to(folder).with_suffix("").as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(folder.rglob("*.txt"))
    }
    return MappingProxyType(texts)


@cache
def shipped_products() -> Mapping[str, ProductTerms]:
    """Terms of the shipped products by product id. They are proposed and published by people, like any other."""
    terms = {
        path.stem: codec.validate(ProductTerms, path.read_bytes())
        for path in sorted((_FOLDER / "products").glob("*.json"))
    }
    return MappingProxyType(terms)
