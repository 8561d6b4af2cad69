"""Index replay: the prices of a file of minute bars, walked second by second, as index prices."""
