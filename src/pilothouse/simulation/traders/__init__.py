"""Who trades in the demonstration: makers, takers and leveraged holders."""
