"""The commands: what an operator types. Each exits 0, 2 on wrong use, 1 on failure with one line that says what to do."""

import click

from diklat_lti import __version__
from diklat_lti.cli import centre, grades, platform, program, service


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="diklat-lti")
def main() -> None:
    """An LTI 1.3 tool for self-paced trainings in Moodle, with every grade back in its gradebook.

    See it first:  diklat-lti demo

    Run it:        diklat-lti migrate, then platform invite, then serve
    """


for command in (
    service.demo, service.serve, service.worker, service.migrate,
    platform.platform, centre.centre, program.program, grades.grades,
):  # fmt: skip
    main.add_command(command)
