"""Diklat LTI: a self-paced training of 15 days inside Moodle, with every grade back in its gradebook."""

__version__ = "0.1.0"
