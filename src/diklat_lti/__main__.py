"""`python -m diklat_lti` is the command `diklat-lti`."""

from diklat_lti.cli import main

main()
