"""The demo: a small LMS for whoever has no Moodle at hand, and the sample programs."""

from diklat_lti.demo.lms.running import RunningLms, running_lms

__all__ = ["RunningLms", "running_lms"]
