"""Files: a format a module. ``npz`` holds weights."""
