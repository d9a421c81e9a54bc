"""A small LMS that behaves as Moodle 4.5 does towards an LTI 1.3 tool. It knows nothing of the tool beside it."""

from diklat_lti.demo.lms.app import create_lms
from diklat_lti.demo.lms.settings import Lms, LmsSettings

__all__ = ["Lms", "LmsSettings", "create_lms"]
