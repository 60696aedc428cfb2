"""Charts over one axis, read off at one place of it together."""
