"""The process of the demo LMS: `python -m diklat_lti.demo --url … --file … [--tool … --guide INVITE]`."""

from pathlib import Path
from urllib.parse import urlsplit

import click
import uvicorn

from diklat_lti import logs
from diklat_lti.demo import start
from diklat_lti.demo.lms import LmsSettings, create_lms


@click.command()
@click.option("--url", required=True)
@click.option("--file", required=True, type=click.Path(path_type=Path))
@click.option("--tool", help="The tool's address, for the start page.")
@click.option("--guide", help="The invite that the start page shows.")
def main(url: str, file: Path, tool: str | None, guide: str | None) -> None:
    """Serves the demo LMS at `url`."""
    app = create_lms(LmsSettings(url=url, file=file))
    if tool and guide:
        app.state.guide = start.Guide(tool, guide)
        app.include_router(start.router)
    logs.set_up(True)
    where = urlsplit(url)
    host, port = where.hostname or "", where.port or 80
    uvicorn.run(app, host=host, port=port, log_config=None, access_log=False, loop="uvloop", date_header=False)


main()
