"""``make golden`` writes every golden file anew; the difference is part of the change."""

from dataclasses import replace
from pathlib import Path

from schemas.terms import Language, RepaymentMethod
from services.origination.domain.contract.text import render
from services.origination.shipped import contract_templates
from tests.golden import folds, messages
from tests.golden.servicing import engine, quotes, schedules
from tests.origination.samples import FACTS, LOAN_TERMS

CONTRACTS = Path(__file__).parent / "origination"


def contracts() -> None:
    """The contract's text in each language and method."""
    for language in Language:
        template = contract_templates()[f"personal-credit/{language}/1"]
        for method in RepaymentMethod:
            facts = replace(FACTS, language=language, terms=replace(LOAN_TERMS, method=method))
            file = CONTRACTS / f"personal-credit-{language}-1-{method}.txt"
            file.write_text(render(template, facts), encoding="utf-8")


if __name__ == "__main__":
    schedules.regenerate()
    engine.regenerate()
    quotes.regenerate()
    contracts()
    folds.regenerate()
    messages.regenerate()
