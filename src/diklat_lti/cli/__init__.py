"""The commands: what an operator types. Each exits 0, 2 on wrong use, 1 on failure with one line that says what to do."""

import click

from diklat_lti import __version__
from diklat_lti.cli import centre, doctor, grades, keys, platform, platform_history, program, service
from diklat_lti.cli.speaking import InOrder


@click.group(cls=InOrder, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="diklat-lti")
def main() -> None:
    """An LTI 1.3 tool for self-paced trainings in Moodle, with every grade back in its gradebook.

    \b
    See it on this machine, without a Moodle:
      diklat-lti demo

    \b
    Run it for your Moodle, in this order:
      diklat-lti migrate
      diklat-lti platform invite --name "LMS Bandung"
      diklat-lti serve
      diklat-lti program import FOLDER

    Settings are environment variables such as DIKLAT_PUBLIC_URL and DIKLAT_DATABASE_URL, or lines of a file .env in
    the working folder. With none, everything lies in ./var and the address is http://localhost:8000.

    \b
    Each command has an example:
      diklat-lti platform invite --help

    \b
    Let the Tab key complete commands and options (bash; also: zsh, fish):
      eval "$(_DIKLAT_LTI_COMPLETE=bash_source diklat-lti)"
    """


for command in (
    service.demo, service.migrate, platform.platform, service.serve,
    service.worker, program.program, centre.centre, grades.grades, keys.keys,
    doctor.doctor,
):  # fmt: skip
    main.add_command(command)
for part in (platform_history.platform_move, platform_history.platform_join):
    platform.platform.add_command(part)
