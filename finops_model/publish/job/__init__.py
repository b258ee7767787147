"""The monthly job: what a month's publication carries besides the page, and how it runs unattended (docs/close.md)."""
