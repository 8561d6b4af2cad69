"""Template tags of the console: figures, states, assets."""
