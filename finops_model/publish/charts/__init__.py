"""Charts, as specifications and as SVG."""
