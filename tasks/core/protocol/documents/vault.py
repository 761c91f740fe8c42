"""What an operator keeps: the data set, its market's pace, and the private side of a book."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from tasks.core.data.calendar import Times
from tasks.core.data.defects import Defect
from tasks.core.data.pace import Pace
from tasks.core.protocol.documents import fields as kinds
from tasks.core.protocol.documents.fields import Document, Fields, Json
from tasks.core.protocol.documents.ref import Ref


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptBook(Document):
    """Where the objects lie that a book holds digests of."""

    meta_model: Ref
    predictions: Ref

    @classmethod
    def read(cls, fields: Fields) -> Self:
        """Read it from the fields of a document."""
        return cls(
            meta_model=fields.one("meta_model", Ref.read),
            predictions=fields.one("predictions", Ref.read),
        )

    def to_document(self) -> Json:
        """Return it as it is kept."""
        return {
            "meta_model": self.meta_model.to_document(),
            "predictions": self.predictions.to_document(),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class DataEra(Document):
    """One era of the data set.

    Attributes:
        date: of its cross-section.
        object: assets, ids, features, targets and benchmarks, a row an id.
        benchmarked: whether its benchmarks are known.
        mature: whether all its targets have ended.
        target_end_era: by target, the era by whose date it has ended; None while that is open.
        times: of the round over it; None if it has none.
    """

    name: str
    date: str
    n_ids: int
    object: Ref
    benchmarked: bool
    mature: bool
    target_end_era: Mapping[str, str | None]
    times: Times | None

    @classmethod
    def read(cls, fields: Fields) -> Self:
        """Read an era from the data set's fields."""
        return cls(
            name=fields.era("era"),
            date=fields.text("date"),
            n_ids=fields.whole("n_ids"),
            object=fields.one("object", Ref.read),
            benchmarked=fields.flag("benchmarked"),
            mature=fields.flag("mature"),
            target_end_era=fields.named("target_end_era", kinds.maybe_text),
            times=fields.maybe("times", fields.one, _times),
        )

    def to_document(self) -> Json:
        """Return the era as the data set has it."""
        return {
            "benchmarked": self.benchmarked,
            "date": self.date,
            "era": self.name,
            "mature": self.mature,
            "n_ids": self.n_ids,
            "object": self.object.to_document(),
            "target_end_era": dict(self.target_end_era),
            "times": None if self.times is None else self.times.to_json(),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class PanelFacts(Document):
    """What is remembered of the prices that a data set was made of."""

    kind: str
    assets: int
    days: int
    first_date: str
    last_date: str
    sectors: str | None
    sha256: str

    @classmethod
    def read(cls, fields: Fields) -> Self:
        """Read the facts from the data set's fields."""
        return cls(
            kind=fields.chosen("kind", ("simulated", "prices")),
            assets=fields.whole("assets"),
            days=fields.whole("days"),
            first_date=fields.text("first_date"),
            last_date=fields.text("last_date"),
            sectors=fields.maybe("sectors", fields.text),
            sha256=fields.sha256("sha256"),
        )

    def to_document(self) -> Json:
        """Return the facts as the data set has them."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True, kw_only=True)
class DataSet(Document):
    """The operator's data set.

    Attributes:
        eras: in order.
        first_round: the era of the first round.
        playable: in a replay, the eras whose rounds can be played.
        defects: what is wrong with the prices.
    """

    version: str
    eras: tuple[DataEra, ...]
    features: tuple[str, ...]
    targets: tuple[str, ...]
    benchmarks: tuple[str, ...]
    first_round: str
    playable: tuple[str, ...]
    panel: PanelFacts
    defects: tuple[Defect, ...]
    defect_counts: Mapping[str, int]

    @classmethod
    def read(cls, fields: Fields) -> Self:
        """Read a data set from its fields."""
        return cls(
            version=fields.text("version"),
            eras=fields.many("eras", DataEra.read),
            features=fields.texts("features"),
            targets=fields.texts("targets"),
            benchmarks=fields.texts("benchmarks"),
            first_round=fields.era("first_round"),
            playable=fields.items("playable", kinds.era),
            panel=fields.one("panel", PanelFacts.read),
            defects=fields.many("defects", _defect),
            defect_counts=fields.named("defect_counts", kinds.whole),
        )

    def to_document(self) -> Json:
        """Return the data set as it is kept."""
        return {
            "benchmarks": list(self.benchmarks),
            "defect_counts": dict(self.defect_counts),
            "defects": [defect.to_json() for defect in self.defects],
            "eras": [era.to_document() for era in self.eras],
            "features": list(self.features),
            "first_round": self.first_round,
            "panel": self.panel.to_document(),
            "playable": list(self.playable),
            "targets": list(self.targets),
            "version": self.version,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class LivePace(Document):
    """How a live home's market moves, and the date on which it was founded."""

    pace: Pace
    today: str

    @classmethod
    def read(cls, fields: Fields) -> Self:
        """Read it from the fields of a document."""
        return cls(pace=fields.one("pace", _pace), today=fields.text("today"))

    def to_document(self) -> Json:
        """Return it as it is kept."""
        return {"pace": self.pace.to_json(), "today": self.today}


def _pace(fields: Fields) -> Pace:
    return Pace(
        day_s=fields.whole("day_s"),
        founded_at=fields.whole("founded_at"),
        history=fields.whole("history"),
        round_every=fields.whole("round_every"),
    )


def _times(fields: Fields) -> Times:
    return Times(
        opens=fields.whole("opens"),
        closes=fields.whole("closes"),
        book_by=fields.whole("book_by"),
        resolves=fields.whole("resolves"),
    )


def _defect(fields: Fields) -> Defect:
    return Defect(
        kind=fields.text("kind"),
        asset=fields.text("asset"),
        date=fields.maybe("date", fields.text),
        detail=fields.text("detail"),
    )
