"""All tables, one subject a file. Import tables from here or from their file; both are the same classes."""

from diklat_lti.models.audit import AuditRow, AuditText
from diklat_lti.models.centre import Centre, CentreCode, Grant, GrantRegion, Region, RoleRequest
from diklat_lti.models.cohort import Cohort, Extension, PickedLink, Placement, Ruling, Wave
from diklat_lti.models.grade import GradeDecision, GradeDelivery, GradeItem
from diklat_lti.models.people import BrowserSession, Course, KeptForm, Launch, Member, Person
from diklat_lti.models.platform import (
    AccessToken,
    Deployment,
    Finding,
    Invite,
    Platform,
    Refusal,
    Registration,
    SigningKey,
    SpentTicket,
)
from diklat_lti.models.program import Asset, LessonContent, Program, ProgramVersion
from diklat_lti.models.progress import Assignment, Attempt, Enrolment, Judgement, LearnerEvent

__all__ = [
    "AccessToken",
    "Asset",
    "Assignment",
    "Attempt",
    "AuditRow",
    "AuditText",
    "BrowserSession",
    "Centre",
    "CentreCode",
    "Cohort",
    "Course",
    "Deployment",
    "Enrolment",
    "Extension",
    "Finding",
    "GradeDecision",
    "GradeDelivery",
    "GradeItem",
    "Grant",
    "GrantRegion",
    "Invite",
    "Judgement",
    "KeptForm",
    "Launch",
    "LearnerEvent",
    "LessonContent",
    "Member",
    "Person",
    "PickedLink",
    "Placement",
    "Platform",
    "Program",
    "ProgramVersion",
    "Refusal",
    "Region",
    "Registration",
    "RoleRequest",
    "Ruling",
    "SigningKey",
    "SpentTicket",
    "Wave",
]
