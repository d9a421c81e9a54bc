"""Publishes a checked program as the next immutable version of its centre, and reads versions back."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from diklat_lti.content import files, folder, identity, outline
from diklat_lti.content.folder import Checked, CheckedProgram
from diklat_lti.content.format import Body
from diklat_lti.content.outline import Outline
from diklat_lti.database import Reading, WriteSession
from diklat_lti.errors import Kind, Problem, not_found, say
from diklat_lti.models import Asset, Centre, LessonContent, Program, ProgramVersion

T = TypeVar("T")

KEPT_AT_MOST = 1000
_kept: WeakKeyDictionary[Any, dict[tuple[Any, ...], Any]] = WeakKeyDictionary()
"""Connection pool → what was read of its versions, which never change."""


def check(session: Session, centre_id: int, path: Path) -> Checked:
    """Checks a folder against the last version that this centre published of it."""
    return folder.check(path, lambda key: last_outline(session, centre_id, key))


def publish(
    session: WriteSession,
    centre_id: int,
    program: CheckedProgram,
    storage: Path,
    author_id: int | None,
    now: datetime,
) -> ProgramVersion:
    """The version that holds exactly this: a new one, or the last one if nothing has changed since."""
    for asset in program.assets:  # before the first statement, so that no lock waits for a disk
        if files.put(storage, asset.disk.read_bytes()) != asset.sha256:
            raise _changed()
    if session.get(Centre, centre_id, with_for_update=True) is None:
        raise not_found()
    last = _last(session, centre_id, program.outline.key)
    if last is not None and last.digest == program.digest:
        return last
    if last is not None and any(_differences(program.outline, last)):
        raise _changed()
    session.info["published"] = True
    return _store(session, centre_id, program, last, author_id, now)


def latest(session: Session, centre_id: int) -> list[ProgramVersion]:
    """The newest version of each program, by title."""
    newest = {version.program_id: version for version in reversed(versions(session, centre_id))}
    return sorted(newest.values(), key=lambda version: version.title)


def versions(session: Session, centre_id: int) -> list[ProgramVersion]:
    """All of them, each program's newest first. Their `outline["key"]` is the program's id."""
    query = select(ProgramVersion).join(Program, Program.id == ProgramVersion.program_id)
    ordered = query.where(Program.centre_id == centre_id).order_by(Program.key, ProgramVersion.number.desc())
    return list(session.scalars(ordered))


def last_outline(session: Session, centre_id: int, key: str) -> Outline | None:
    version = _last(session, centre_id, key)
    return None if version is None else outline.load(version.outline)


def outline_of(session: Reading, version_id: int) -> Outline:
    def read() -> Outline:
        return outline.load(_one(session.scalar(select(ProgramVersion.outline).where(ProgramVersion.id == version_id))))

    return _once(session, (version_id,), read)


def lesson_body(session: Session, version_id: int, lesson_key: str, kind: str) -> Body:
    """One object for all who ask: nobody changes it."""

    def read() -> Body:
        place = (
            LessonContent.version_id == version_id,
            LessonContent.lesson_key == lesson_key,
            LessonContent.kind == kind,
        )
        return _one(session.scalar(select(LessonContent.body).where(*place)))

    return _once(session, (version_id, lesson_key, kind), read)


def asset(session: Session, version_id: int, path: str) -> Asset:
    """What to serve under that path of the program folder."""
    return _one(session.get(Asset, (version_id, path)))


def _once(session: Reading, key: tuple[Any, ...], read: Callable[[], T]) -> T:
    """Reads it the first time only. A session that published may still be rolled back: it keeps nothing."""
    if isinstance(session, Session) and session.info.get("published"):
        return read()
    bind = session.get_bind() if isinstance(session, Session) else session
    kept = _kept.setdefault(bind.engine.pool, {})
    if len(kept) > KEPT_AT_MOST:
        kept.clear()
    if key not in kept:
        kept[key] = read()
    found: T = kept[key]
    return found


def _one(found: T | None) -> T:
    if found is None:
        raise not_found()
    return found


def _last(session: Session, centre_id: int, key: str) -> ProgramVersion | None:
    query = select(ProgramVersion).join(Program, Program.id == ProgramVersion.program_id)
    of_key = query.where(Program.centre_id == centre_id, Program.key == key)
    return session.scalar(of_key.order_by(ProgramVersion.number.desc()).limit(1))


def _differences(new: Outline, last: ProgramVersion) -> Any:
    return identity.differences(new.ids, new.retired, outline.load(last.outline))


def _changed() -> Problem:
    return Problem(
        Kind.CONFLICT,
        "program_changed",
        say("The program was changed by somebody while it was being imported."),
        say("Import it again."),
    )


def _store(
    session: WriteSession,
    centre_id: int,
    program: CheckedProgram,
    last: ProgramVersion | None,
    author_id: int | None,
    now: datetime,
) -> ProgramVersion:
    made = program.outline
    version = ProgramVersion(
        program_id=last.program_id if last else _new_program(session, centre_id, made.key, now),
        number=last.number + 1 if last else 1,
        label=made.label,
        title=made.title,
        outline=outline.dump(made),
        digest=program.digest,
        published_at=now,
        published_by=author_id,
    )
    session.add(version)
    session.flush()
    _store_contents(session, version.id, program)
    return version


def _new_program(session: WriteSession, centre_id: int, key: str, now: datetime) -> int:
    program = Program(centre_id=centre_id, key=key, created_at=now)
    session.add(program)
    session.flush()
    return program.id


def _store_contents(session: WriteSession, version_id: int, program: CheckedProgram) -> None:
    bodies = [
        {"version_id": version_id, "lesson_key": lesson, "kind": kind, "body": body}
        for (lesson, kind), body in program.contents.items()
    ]
    session.execute(insert(LessonContent), bodies)
    assets = [
        {
            "version_id": version_id,
            "path": asset.path,
            "sha256": asset.sha256,
            "media_type": asset.media_type,
            "size": asset.size,
        }
        for asset in program.assets
    ]
    if assets:
        session.execute(insert(Asset), assets)
