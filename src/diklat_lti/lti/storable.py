"""Whether every database keeps a value that came as JSON: PostgreSQL takes no NUL, no half of a pair, no NaN."""

import json


def storable(value: object) -> bool:
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False)
        text.encode()
    except (ValueError, RecursionError):
        return False
    return "\\u0000" not in text
