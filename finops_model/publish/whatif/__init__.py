"""The what-if form of notebooks."""
