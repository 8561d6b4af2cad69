"""What people and doors read of a machine: plain functions to frozen dataclasses of integers.

Each answer is true of the machine's position. Nothing here computes margin: it asks the machine.
"""
