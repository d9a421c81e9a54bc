"""`make prove`: every recorded exchange of real Moodle sites, done again with the demo LMS. MOODLE_RECORDINGS names their
folder; without it the few that the repository keeps are replayed."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
from replay_told import tell


def main() -> int:
    told = tell()
    print("\n".join(told.lines))
    print(f"{len(told.answers)} exchanges replayed")
    if FOLDER != KEPT:
        told.wrong += [f"not in docs/demo-lms.md: {row}" for row in told.rows if row not in PAGE.read_text()]
    for line in told.wrong:
        print(f"WRONG {line}")
    return 1 if told.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
