"""The encodings that a stranger must reproduce to the bit."""
