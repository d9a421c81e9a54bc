"""How an LMS registers this tool: the invite, what either side says of itself, what was asked and what is granted."""
