"""The watch: measures of every market each second, rules about them, alerts that people answer.

Bottom up: `taking` reads the replica, `measuring` makes measures of it, `evaluation` judges a rule
(pure, no clock), `alerts` writes what follows, `watchman` does all of it once a second.
"""
