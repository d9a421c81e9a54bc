"""Files of a program: hostile until proven otherwise, so sandboxed, never sniffed, downloaded unless picture or sound."""

from urllib.parse import quote

from fastapi import APIRouter
from fastapi.responses import FileResponse, Response
from sqlalchemy.orm import Session

from diklat_lti.content import files, publish
from diklat_lti.errors import not_found
from diklat_lti.settings import Settings
from diklat_lti.web.deps import Visiting
from diklat_lti.web.learn.own import RowId, own
from diklat_lti.web.learn.preview import preview

router = APIRouter()
SHOWN = ("image/", "audio/", "video/")
CSP = "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'none'"
"""A drawing may style itself; nothing in it runs, loads or stands in a frame."""


@router.get("/learn/{enrolment:int}/files/{version:int}/{path:path}")
def of_learner(visit: Visiting, enrolment: RowId, version: RowId, path: str) -> Response:
    with visit.read() as (session, viewer):
        mine = own(session, viewer, enrolment, visit.now)
        if not mine.may_read or version != mine.cohort.version_id:
            raise not_found()
        return _file(session, visit.settings, version, path)


@router.get("/learn/preview/{cohort:int}/files/{version:int}/{path:path}")
def of_preview(visit: Visiting, cohort: RowId, version: RowId, path: str) -> Response:
    with visit.read() as (session, viewer):
        if version != preview(session, viewer, cohort, visit).cohort.version_id:
            raise not_found()
        return _file(session, visit.settings, version, path)


def _file(session: Session, settings: Settings, version_id: int, path: str) -> Response:
    asset = publish.asset(session, version_id, path)
    if not files.exists(settings.storage_folder, asset.sha256):
        raise not_found()
    way = "inline" if asset.media_type.startswith(SHOWN) else "attachment"
    headers = {
        "Content-Security-Policy": CSP,
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "private, max-age=31536000, immutable",
        "Content-Disposition": f"{way}; filename*=UTF-8''{quote(path.rsplit('/', 1)[-1], safe='')}",
    }
    return FileResponse(files.path(settings.storage_folder, asset.sha256), media_type=asset.media_type, headers=headers)
