"""What an operator gives to strangers: the faucet's amounts, and what was given to whom."""

from dataclasses import dataclass
from typing import Self

from tasks.core.money.units import Wei
from tasks.core.protocol.documents.fields import Document, Fields, Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Gift(Document):
    """Tokens and gas for one account: what a faucet gives, or what was granted; in wei."""

    tokens: Wei
    gas: Wei

    @classmethod
    def read(cls, fields: Fields) -> Self:
        """Read a gift from the fields of a document."""
        return cls(tokens=fields.wei("tokens"), gas=fields.wei("gas"))

    def to_document(self) -> Json:
        """Return the gift as it stands in documents."""
        return {"gas": str(self.gas), "tokens": str(self.tokens)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Given(Document):
    """An account to which the faucet has given."""

    address: str

    @classmethod
    def read(cls, fields: Fields) -> Self:
        """Read it from the fields of a document."""
        return cls(address=fields.text("address"))

    def to_document(self) -> Json:
        """Return it as it is kept."""
        return {"address": self.address}
