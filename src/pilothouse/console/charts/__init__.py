"""Charts: plain integers that a template draws as SVG, with a table beside each."""
