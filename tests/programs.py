"""A small program folder without a mistake, for tests to spoil."""

from pathlib import Path

PNG = b"\x89PNG\r\n\x1a\n and the rest"

FILES: dict[str, str | bytes] = {
    "program.yaml": "id: small\ntitle: A small program\nweights:\n  basics: 40\n  test: 60\nretired: []\n",
    "01-first/module.yaml": "id: basics\ntitle: Basics\nsummary: What one needs first.\n",
    "01-first/01-hello.md": "---\nid: hello\ntitle: Hello\nminutes: 10\n---\n## Why\n\nA ![red dot](dot.png) here.\n",
    "01-first/01-hello.quiz.yaml": """\
questions:
  - id: colour
    text: Which colour?
    answers:
      - id: colour-red
        text: Red
        correct: true
        feedback: Yes.
      - id: colour-blue
        text: Blue
        feedback: Look again.
""",
    "01-first/dot.png": PNG,
    "02-second/module.yaml": "id: more\ntitle: More\n",
    "02-second/01-test.quiz.yaml": """\
id: test
title: The test
completion: quiz_passed
pass_mark: 80
attempts: 2
time_limit_s: 600
shuffle: true
questions:
  - id: true-one
    kind: truefalse
    text: Water is wet.
    correct: true
    points: 2
  - id: some
    kind: multiple
    text: "Which are even? ![two dots](../01-first/dot.png)"
    answers:
      - {id: some-two, text: "2", correct: yes}
      - {id: some-four, text: "4", correct: yes}
      - {id: some-five, text: "5"}
""",
}


def write(folder: Path, **changed: str | bytes | None) -> Path:
    """Writes the folder; `changed` files are named like `01-first/01-hello.md` by `**{…}`; None leaves one out."""
    for name, content in {**FILES, **changed}.items():
        if content is not None:
            file = folder / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def edited(name: str, old: str, new: str) -> dict[str, str]:
    """The file with one place changed."""
    text = FILES[name]
    assert isinstance(text, str)
    assert text.count(old) == 1, f"{old!r} is not in {name} once"
    return {name: text.replace(old, new)}
