"""The entrance for browsers: pages, forms, sessions. Only this room (and the demo) knows FastAPI."""
