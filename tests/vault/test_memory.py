"""The memory vault keeps the contract."""

import pytest

from loanstream.vault.memory import MemoryVault
from tests.vault.contract import VaultContract


class TestMemoryVault(VaultContract):
    """The contract on the memory adapter."""

    @pytest.fixture
    def vault(self) -> MemoryVault:
        return MemoryVault()
