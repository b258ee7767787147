"""Further files for a workspace that is there."""
