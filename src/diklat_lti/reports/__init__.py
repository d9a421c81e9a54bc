"""Questions about many rows, answered in plain data: pages, exports and the API show the same."""
