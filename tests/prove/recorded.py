"""`make prove`: every recorded exchange of real Moodle sites, done again with the demo LMS. MOODLE_RECORDINGS names their
folder; without it the few that the repository keeps are replayed."""

import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests"))
import recordings  # noqa: E402 - modules of the tests, found from here
import replay_told  # noqa: E402

PAGE = ROOT / "docs" / "demo-lms.md"


def main() -> int:
    told = replay_told.tell()
    print("\n".join(told.lines))
    print(f"{len(told.answers)} exchanges replayed")
    if recordings.FOLDER != recordings.KEPT:
        told.wrong += [f"not in docs/demo-lms.md: {row}" for row in told.rows if row not in PAGE.read_text()]
    for line in told.wrong:
        print(f"WRONG {line}")
    return 1 if told.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
