"""The naive model of an event's time: when was it made, and did a clock lie?"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from naive.facts import Telling

TWO_MINUTES = timedelta(minutes=2)


@dataclass
class Effective:
    at: datetime
    is_flagged: bool
    """*Jam berubah*, or moved by more than two minutes."""


@lru_cache(maxsize=4096)
def effective(told: Telling) -> Effective:
    if told.stamp_at is None or (told.made_at is None and told.elapsed is None):
        return Effective(told.received_at, False)
    kept = _kept_its_offset(told)
    time = _of_a_steady_clock(told) if kept else _of_a_changed_clock(told)
    inside = time
    if inside < told.stamp_at:
        inside = told.stamp_at
    if inside > told.received_at:
        inside = told.received_at
    moved = abs(inside - time)
    return Effective(inside, not kept or moved > TWO_MINUTES)


def _kept_its_offset(told: Telling) -> bool:
    if told.offset_at_stamp is None or told.sent_at is None or told.made_at is None:
        return False
    offset_at_sending = told.sent_at - told.received_at
    return abs(offset_at_sending - told.offset_at_stamp) <= TWO_MINUTES


def _of_a_steady_clock(told: Telling) -> datetime:
    time = told.made_at - told.offset_at_stamp
    if told.elapsed is not None and time < told.stamp_at + told.elapsed:
        time = told.stamp_at + told.elapsed
    return time


def _of_a_changed_clock(told: Telling) -> datetime:
    known = []
    if told.elapsed is not None:
        known.append(told.stamp_at + told.elapsed)
    if told.offset_at_stamp is not None and told.made_at is not None:
        known.append(told.made_at - told.offset_at_stamp)
    if told.sent_at is not None and told.made_at is not None:
        known.append(told.made_at - (told.sent_at - told.received_at))
    if not known:
        return told.received_at
    earliest = min(known)
    return earliest if earliest > told.stamp_at else told.stamp_at
