"""The plug board: settings, urls, processes and the command line."""
