"""Building an exchange's markets from what another exchange answers about its own."""
