"""What platforms call and what LMS administrators open (/lti): the door, the set-up, the values to type in."""
