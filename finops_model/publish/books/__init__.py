"""What a close writes: files of statements, journal and roll-forward."""
