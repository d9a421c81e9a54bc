"""What a centre's admins do with its platforms: the rules behind the pages of `web/centre`."""
