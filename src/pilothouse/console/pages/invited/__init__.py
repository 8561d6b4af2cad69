"""An invitation: somebody without a password sets one."""
