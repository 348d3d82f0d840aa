"""Custody accounts, transfers between them, the funding of loans and the distribution of repayments: pure decisions."""

from collections.abc import Sequence

from schemas.decision import Refusal

Decision = Sequence[object] | Refusal
"""Events, or a refusal; an empty sequence is "nothing to do"."""
