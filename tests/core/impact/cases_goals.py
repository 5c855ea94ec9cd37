"""Cases of the rules about goals."""

from __future__ import annotations

from tests.core.impact.cases import Case
from tests.core.impact.documents import booked, goals

ONLY_BERLIN, ANYWHERE = booked(config={"city": "Berlin"}), booked()

CASES = (
    Case("WFL701", fires=(goals(booked()), goals()), near=(goals(booked()), goals(booked(config={"city": "Berlin"})))),
    Case("WFL702", fires=(goals(), goals(booked())), near=(goals(booked()), goals())),
    Case("WFL703", fires=(goals(ONLY_BERLIN), goals(ANYWHERE)), near=(goals(ANYWHERE), goals(ONLY_BERLIN))),
    Case("WFL704", fires=(goals(ANYWHERE), goals(ONLY_BERLIN)), near=(goals(ONLY_BERLIN), goals(ANYWHERE))),
    Case("WFL705", fires=(goals(booked()), goals(booked(event="deal_won"))), near=(goals(booked()), goals(booked(next="bye")))),
    Case(
        "WFL705",
        fires=(goals(ONLY_BERLIN), goals(booked(config={"city": "Rome"}))),
        near=(goals(ONLY_BERLIN), goals(ONLY_BERLIN)),
    ),
    Case("WFL706", fires=(goals(booked()), goals(booked(next="bye"))), near=(goals(booked()), goals(booked(event="deal_won")))),
)
