import pytest

from rbench.attacks.pretrained.file import File
from rbench.core.handover.folder import write
from rbench.testing import AttackContract, small_data


class TestFile(AttackContract):
    """A model that BRA planted, as a folder."""

    attack = File
    draws = False

    @pytest.fixture(autouse=True, scope="class")
    @classmethod
    def _folder(cls, tmp_path_factory: pytest.TempPathFactory) -> None:
        folder = tmp_path_factory.mktemp("handed") / "model"
        write(folder, small_data.pretrained(planted=True), small_data.partition().provider.item_ids)
        cls.options = {"folder": str(folder)}
