"""State of a product: all its versions, oldest first."""

from dataclasses import dataclass, replace
from enum import StrEnum

from schemas.origination.events import ProductProposed, ProductPublished, ProductWithdrawn
from schemas.terms import ProductTerms
from services.origination.domain.deciding import folded_by


class Status(StrEnum):
    """Where a product version stands."""

    PROPOSED = "proposed"
    PUBLISHED = "published"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Version:
    """One version; its number is its place, from 1."""

    terms: ProductTerms
    maker: str
    status: Status


@dataclass(frozen=True, slots=True)
class Product:
    """A product with at least one version."""

    versions: tuple[Version, ...]

    def version(self, number: int) -> Version | None:
        """The version with this number, if there is one."""
        return self.versions[number - 1] if 1 <= number <= len(self.versions) else None


def _proposed(state: Product | None, event: ProductProposed) -> Product:
    version = Version(event.terms, event.maker, Status.PROPOSED)
    return Product((*(state.versions if state else ()), version))


def _turned(state: Product, number: int, status: Status) -> Product:
    versions = list(state.versions)
    versions[number - 1] = replace(versions[number - 1], status=status)
    return Product(tuple(versions))


def _published(state: Product, event: ProductPublished) -> Product:
    return _turned(state, event.version, Status.PUBLISHED)


def _withdrawn(state: Product, event: ProductWithdrawn) -> Product:
    return _turned(state, event.version, Status.WITHDRAWN)


evolve = folded_by({ProductProposed: _proposed, ProductPublished: _published, ProductWithdrawn: _withdrawn})
"""Apply one event of a product."""
