"""The law: pure integer functions, one topic a file, compiled and callable from anywhere above.

A rule has one home, a formula, a rounding direction and someone who gains by it: fees up, payouts
down, margin requirements up, collateral down.
"""
