"""What the watch saw, as files and as messages: written whole, sent once per episode, with what people said about it (docs/method §12.8)."""
