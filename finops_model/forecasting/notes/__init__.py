"""Dated notes as a forecast knows them: read for a workspace, days that will not come again measured (docs/method §12.20)."""
